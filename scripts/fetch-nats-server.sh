#!/bin/sh
# Finds or fetches a nats-server >= 2.14 (batch readers need its consumer reset), and prints its path.
#
# The rule for everyone who starts one: $FORGE_NATS_SERVER if it is set, else .tools/nats-server/nats-server, a link
# that this script leaves. It points at the first of
#   1. a nats-server in PATH that is new enough
#   2. one fetched before: .tools/nats-server/<version>/nats-server
#   3. the official release archive, by its pinned SHA-256
#   4. Debian: the package of a newer suite from the mirror this machine is set up for, verified by the archive's
#      signature, unpacked without installing, no root needed
set -eu
cd "$(dirname "$0")/.."

min_major=2
min_minor=14
release=2.15.0
home=.tools/nats-server
link=$home/nats-server

# SHA-256 of nats-server-v$release-<platform>.tar.gz, from the release's SHA256SUMS.
pinned_sha256() {
  case $1 in
    linux-amd64) echo 5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92 ;;
    linux-arm64) echo cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112 ;;
    darwin-amd64) echo 5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95 ;;
    darwin-arm64) echo e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8 ;;
  esac
}

say() { printf 'nats-server: %s\n' "$1" >&2; }

# "2.15.1" for a binary that runs, else nothing.
version_of() { "$1" --version 2>/dev/null | sed -n 's/^nats-server: v\([0-9][0-9.]*\).*/\1/p'; }

is_new_enough() {
  version=$(version_of "$1")
  [ -n "$version" ] || return 1
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  [ "$major" -gt "$min_major" ] || { [ "$major" -eq "$min_major" ] && [ "$minor" -ge "$min_minor" ]; }
}

# Both steps are renames: a reader finds the whole old one or the whole new one.
use() {
  mkdir -p "$home"
  ln -s "$1" "$link.$$"
  mv -f "$link.$$" "$link"
  echo "$PWD/$link"
  exit 0
}

keep_and_use() {
  is_new_enough "$1" || return 1
  mkdir -p "$home/$version"
  mv -f "$1" "$home/$version/nats-server"
  use "$version/nats-server"
}

find_in_path() {
  # Debian puts it into /usr/sbin, which is in no ordinary user's PATH.
  found=$(PATH="$PATH:/usr/local/sbin:/usr/sbin" command -v nats-server) || return 0
  is_new_enough "$found" && use "$found"
  say "$found is ${version:-not usable}: $min_major.$min_minor or newer is needed"
}

find_kept() {
  for kept in "$home"/*/nats-server; do
    if is_new_enough "$kept"; then use "${kept#"$home/"}"; fi
  done
}

fetch_release() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) platform=linux-amd64 ;;
    Linux-aarch64 | Linux-arm64) platform=linux-arm64 ;;
    Darwin-x86_64) platform=darwin-amd64 ;;
    Darwin-arm64) platform=darwin-arm64 ;;
    *) return 0 ;;
  esac
  name=nats-server-v$release-$platform
  say "fetching the official release $release ($platform) …"
  NODE_USE_ENV_PROXY=1 node scripts/download.js \
    "https://github.com/nats-io/nats-server/releases/download/v$release/$name.tar.gz" \
    "$(pinned_sha256 "$platform")" "$temp/release.tar.gz" || return 0
  tar -xzf "$temp/release.tar.gz" -C "$temp" "$name/nats-server" && keep_and_use "$temp/$name/nats-server"
}

fetch_debian_package() {
  command -v apt-get >/dev/null || return 0
  say "fetching Debian's newer package, without installing it …"
  sh scripts/debian-package.sh nats-server "$temp/debian" || return 0
  keep_and_use "$temp/debian/usr/sbin/nats-server" || true
}

if [ -n "${FORGE_NATS_SERVER:-}" ]; then
  if is_new_enough "$FORGE_NATS_SERVER"; then
    echo "$FORGE_NATS_SERVER"
    exit 0
  fi
  say "FORGE_NATS_SERVER=$FORGE_NATS_SERVER is ${version:-not a nats-server that runs}: $min_major.$min_minor or newer is needed"
  exit 1
fi

mkdir -p "$home"
temp=$(mktemp -d "$PWD/$home/.fetch.XXXXXX")
trap 'rm -rf "$temp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

find_in_path
find_kept
fetch_release
fetch_debian_package
say "none found and none could be fetched. Install $min_major.$min_minor or newer (https://github.com/nats-io/nats-server/releases)"
say 'into PATH, or set FORGE_NATS_SERVER to its path, then run this again.'
exit 1
