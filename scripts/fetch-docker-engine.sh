#!/bin/sh
# Finds or fetches a dockerd >= 24, and prints the folder that it is in, with its containerd. Only tests of an engine that
# is killed need it: an older one that dies while it starts a container can lose the container for ever, under
# `live-restore` ("task … already exists", moby before 24). runc stays the system's.
#
#   1. the dockerd in PATH
#   2. one fetched before: .tools/docker-engine
#   3. Debian: the packages of a newer suite, verified by the archive's signature, unpacked without installing
set -eu
cd "$(dirname "$0")/.."

min_major=24
home=$PWD/.tools/docker-engine

is_new_enough() {
  major=$("$1" --version 2>/dev/null | sed -n 's/^Docker version \([0-9]*\).*/\1/p')
  [ -n "$major" ] && [ "$major" -ge "$min_major" ]
}

in_path=$(command -v dockerd || true)
if [ -n "$in_path" ] && is_new_enough "$in_path"; then
  dirname "$in_path"
  exit 0
fi
if ! is_new_enough "$home/dockerd"; then
  mkdir -p .tools
  temp=$(mktemp -d "$PWD/.tools/.docker-engine.XXXXXX")
  trap 'rm -rf "$temp"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir "$temp/bin"
  for package in docker.io containerd; do
    printf 'docker-engine: fetching the package %s of a newer Debian, without installing it …\n' "$package" >&2
    sh scripts/debian-package.sh "$package" "$temp/$package" >&2 || exit 1
    mv "$temp/$package"/usr/bin/* "$temp/$package"/usr/sbin/* "$temp/bin/" 2>/dev/null || true
  done
  is_new_enough "$temp/bin/dockerd" || exit 1
  rm -rf "$home"
  mv "$temp/bin" "$home"
fi
echo "$home"
