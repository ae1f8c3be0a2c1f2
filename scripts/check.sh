#!/bin/sh
# The gate for source: every check runs even when one fails, then those that did are named.
#
#   npm run check                             all of them
#   sh scripts/check.sh imports types         some of them
set -u
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
wanted=" $* "
failed=

step() {
  name=$1
  shift
  case $wanted in
    '  ' | *" $name "*) ;;
    *) return ;;
  esac
  printf '\n── %s\n' "$name"
  "$@" || failed="$failed $name"
}

types() { tsc -b && tsc -p tsconfig.test.json; }

step format-and-lint biome check --error-on-warnings .
step imports depcruise libs/*/src apps/*/src test
step unused knip
step workflows node scripts/lint-workflows.js
step types types
step generated node scripts/generate.js --check

if [ -n "$failed" ]; then
  printf '\ncheck: FAILED:%s\n' "$failed" >&2
  exit 1
fi
printf '\ncheck: all is well\n'
