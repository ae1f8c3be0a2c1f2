#!/bin/sh
# A nats-server with one user more, `insider`, who may see and do everything in the account of the mesh: for tests that look
# where something would have had its effect. Called as the real one is: --config <file> --pid <file>.
set -eu
sed '/^  FORGE {/a users: [ { user: "insider", password: "insider" } ]' "$2" >"$2.insider"
exec "$REAL_NATS_SERVER" --config "$2.insider" "$3" "$4"
