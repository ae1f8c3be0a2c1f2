#!/bin/sh
# EGRESS_ALLOW="hooks.example.org:443,mail.example.org:587" becomes tinyproxy's filter: one anchored expression for each.
set -eu

filter=/tmp/egress.filter
: >"$filter"
for entry in $(printf '%s' "${EGRESS_ALLOW:-}" | tr ',' ' '); do
  if ! printf '%s\n' "$entry" | grep -Eqi '^([a-z0-9_-]+\.)*[a-z0-9_-]+:[0-9]{1,5}$'; then
    echo "egress-proxy: EGRESS_ALLOW has \"$entry\": each entry is host:port, such as hooks.example.org:443, parted by commas" >&2
    exit 2
  fi
  printf '^%s$\n' "$(printf '%s' "$entry" | sed 's/\./\\./g')" >>"$filter"
done
echo "egress-proxy: $(wc -l <"$filter") destinations are allowed"
exec tinyproxy -d -c /etc/tinyproxy/tinyproxy.conf
