#!/bin/sh
# Stand-ins for the base images of the Dockerfiles, where no registry can be reached: made of Debian packages, the Node of
# node_modules/node, npm, and the nats-server that scripts/fetch-nats-server.sh has found. Prints the build arguments:
#
#   export $(sh scripts/base-images.sh) && docker compose up --build --wait
#
# What is there already is not made again. Needs debootstrap, root and a Docker engine. They hold the certificate
# authorities of this machine, and are for trying out and for tests: what is deployed is built from the pinned images.
set -eu
cd "$(dirname "$0")/.."

suite=bookworm
npm_major=11
debian=sentinel-forge/base-debian:$suite
node=sentinel-forge/base-node:$(node_modules/.bin/node --version)-$suite
nats_server=$(sh scripts/fetch-nats-server.sh)
nats=sentinel-forge/base-nats:$("$nats_server" --version | sed 's/.*v//')

exists() { docker image inspect "$1" >/dev/null 2>&1; }

make_debian() {
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -v security | sort -u | head -n 1)
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$temp/root" "$mirror" >"$temp/debootstrap.log" 2>&1 ||
    { tail -n 5 "$temp/debootstrap.log" >&2; exit 1; }
  rm -rf "$temp"/root/var/cache/apt/archives/*.deb "$temp"/root/var/lib/apt/lists/* "$temp"/root/var/log/*
  cp -L /etc/ssl/certs/ca-certificates.crt "$temp/root/etc/ssl/certs/"
  tar -C "$temp/root" -cf - . | docker import --change 'CMD ["bash"]' - "$debian" >&2
}

make_node() {
  mkdir -p "$temp/node/usr/local/bin" "$temp/node/usr/local/lib/node_modules/npm"
  cp -L node_modules/node/bin/node "$temp/node/usr/local/bin/node"
  (cd "$temp" && npm pack --silent "npm@$npm_major" >&2)
  tar -xzf "$temp"/npm-*.tgz -C "$temp/node/usr/local/lib/node_modules/npm" --strip-components=1
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$temp/node/usr/local/bin/npm"
  printf 'FROM %s\nCOPY usr /usr\nENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\nCMD ["node"]\n' "$debian" >"$temp/node/Dockerfile"
  docker build -q -t "$node" "$temp/node" >&2
}

make_nats() {
  mkdir -p "$temp/nats/usr/local/bin"
  cp -L "$nats_server" "$temp/nats/usr/local/bin/nats-server"
  tar -C "$temp/nats" -cf - . | docker import - "$nats" >&2
}

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
exists "$debian" || make_debian
exists "$node" || make_node
exists "$nats" || make_nats
echo "DEBIAN_IMAGE=$debian"
echo "NODE_IMAGE=$node"
echo "NATS_IMAGE=$nats"
