#!/bin/sh
# Paints over REST: `sh examples/rest.sh "a red circle" out.png`. Needs curl and a running studio.
set -eu
url=${LIMNER_URL:-http://127.0.0.1:8000}

# `Prefer: wait` holds the answer back until the picture is finished, for at most that many seconds.
job=$(curl --fail-with-body --silent --show-error "$url/generate/text-to-image" \
  -H 'Content-Type: application/json' -H 'Prefer: wait=60' \
  --data "{\"prompt\": \"$1\"}")

image=$(printf '%s' "$job" | sed -n 's|.*"url":"\(/images/[0-9a-f]*\)".*|\1|p')
test -n "$image" || { printf '%s\n' "$job" >&2; exit 1; }
curl --fail --silent --show-error --output "$2" "$url$image"
