#!/bin/sh
# The real nats-server, made to believe that it may store more than its disk holds: so that the disk, and not its own limit, is
# what runs full. Called as the runner calls nats-server: --config <file> ….
set -eu
sed -i 's/^  store_dir:/  max_file_store: 10GB\n  store_dir:/' "$2"
exec "$REAL_NATS_SERVER" "$@"
