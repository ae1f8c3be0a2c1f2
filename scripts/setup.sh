#!/bin/sh
# Makes a clone ready to run: dependencies, a nats-server, the build. It runs before `npm start`, `npm test` and
# `npm run check`, so finding nothing to do must cost next to nothing.
#
# Three facts decide; what is true is not done again:
#   is_installed   node_modules was installed from this package-lock.json
#   has_server     scripts/fetch-nats-server.sh has left a nats-server (where: see its head)
#   is_built       no source is newer than the last build
#
# Needs a POSIX shell, Node >= 18 and npm. The project's own Node (24) comes with the dependencies, in
# node_modules/.bin, where npm scripts find it first.
set -eu
cd "$(dirname "$0")/.."

installed_lock=node_modules/.installed-lock
built_stamp=node_modules/.built
setup_lock=.tools/setup.lock
lock_wait_s=900

is_installed() {
  [ -x node_modules/.bin/node ] && cmp -s package-lock.json "$installed_lock"
}

# One that somebody named is looked at every time: it is theirs to change.
has_server() {
  if [ -n "${FORGE_NATS_SERVER:-}" ]; then
    sh scripts/fetch-nats-server.sh >/dev/null || exit 1
  else
    [ -x .tools/nats-server/nats-server ]
  fi
}

# A folder's own time tells of files that were removed from it. Specs are not built.
is_built() {
  [ -f "$built_stamp" ] || return 1
  for package in libs/* apps/*; do
    [ -d "$package/dist" ] || return 1
  done
  newer=$(find libs apps tsconfig.json tsconfig.base.json \( -name node_modules -o -name dist \) -prune -o \
    \( -path '*/src' -o -path '*/src/*' -o -name tsconfig.json -o -name tsconfig.base.json -o -name package.json \) \
    ! -name '*.spec.ts' -newer "$built_stamp" -print | head -n 1)
  [ -z "$newer" ]
}

say() { printf 'set-up: %s\n' "$1" >&2; }
fail() {
  say "$1"
  exit 1
}

# One set-up at a time. The lock is a dangling link that names its owner, made in one step, so it never exists
# without an owner; a lock whose owner is gone is taken away by whoever holds the second, short-lived one.
take_lock() {
  mkdir -p .tools
  waited_s=0
  until ln -s "$$" "$setup_lock" 2>/dev/null; do
    owner=$(readlink "$setup_lock" || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      if mkdir "$setup_lock.stale" 2>/dev/null; then
        [ "$(readlink "$setup_lock" || true)" != "$owner" ] || rm -f "$setup_lock"
        rmdir "$setup_lock.stale"
        continue
      fi
    elif [ "$waited_s" -eq 0 ]; then
      say "another one (process $owner) is at work: waiting for it"
    fi
    [ "$waited_s" -lt "$lock_wait_s" ] || fail "waited $lock_wait_s s for process $owner. If it is no set-up: rm -r $setup_lock*"
    sleep 1
    waited_s=$((waited_s + 1))
  done
  trap 'rm -f "$setup_lock"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# npm ci replaces node_modules, so it must not run on the Node inside it.
with_system_node() {
  PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v '/node_modules/\.bin$' | tr '\n' ':') "$@"
}

install_dependencies() {
  command -v npm >/dev/null || fail 'npm is missing. Install Node.js >= 18 with npm, then run this again.'
  major=$(with_system_node node -p 'process.versions.node.split(".")[0]') || fail 'Node.js >= 18 is needed to begin with.'
  [ "$major" -ge 18 ] || fail "Node.js $major is too old to begin with. Install 18 or newer, then run this again."
  say 'installing the dependencies (npm ci, once) …'
  with_system_node npm ci --include=dev --no-audit --no-fund --loglevel=error >&2 ||
    fail 'npm ci failed (see above). Check the network and `npm config get registry`, then run this again.'
  cp package-lock.json "$installed_lock.tmp"
  mv -f "$installed_lock.tmp" "$installed_lock"
}

# The stamp bears the time at which the build began: what is edited meanwhile is built next time.
build() {
  say 'building …'
  touch "$built_stamp.tmp"
  node node_modules/typescript/bin/tsc -b >&2 || fail 'the build failed: mend what is listed above.'
  mv -f "$built_stamp.tmp" "$built_stamp"
}

if is_installed && has_server && is_built; then exit 0; fi

take_lock
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
is_installed || install_dependencies
has_server || sh scripts/fetch-nats-server.sh >/dev/null || exit 1
is_built || build
say 'ready'
