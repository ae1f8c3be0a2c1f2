#!/bin/sh
# Unpacks a package of a newer Debian, without installing it and without root: debian-package.sh <package> <folder>
#
# It comes from the mirror this machine is set up for, verified by the archive's signature; apt keeps its state in the
# folder, and touches nothing of the system's. Ends with 1 where that cannot be done.
set -eu
package=$1
folder=$2
suite=forky

command -v apt-get >/dev/null && command -v dpkg >/dev/null || exit 1
keyring=$(ls /usr/share/keyrings/debian-archive-keyring.* 2>/dev/null | head -n 1)
[ -n "$keyring" ] || exit 1

apt_private() {
  apt-get -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Acquire::Languages=none \
    -o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 -o Acquire::Retries=1 \
    -o APT::Sandbox::User="$(id -un)" "$@"
}

mkdir -p "$folder"
apt=$(mktemp -d "$folder/.apt.XXXXXX")
trap 'rm -rf "$apt"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
for mirror in $(apt-get indextargets --format '$(REPO_URI)' | grep -v security | sort -u); do
  rm -rf "${apt:?}"/*
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/package"
  echo "deb [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
  if apt_private update -qq >&2 && (cd "$apt/package" && apt_private download -qq "$package" >&2) &&
    dpkg -x "$apt/package"/*.deb "$folder"; then
    exit 0
  fi
done
exit 1
