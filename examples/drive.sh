#!/bin/sh
# Changes a picture over REST: sh examples/drive.sh in.png "a red circle and a blue square" out.png
# Needs curl and a running studio at LIMNER_URL, and LIMNER_TOKEN where the studio wants one.
set -eu
url=${LIMNER_URL:-http://127.0.0.1:8000}

call() {
  curl --fail-with-body --silent --show-error --oauth2-bearer "${LIMNER_TOKEN:-none}" "$@"
}

# Prints the first value of a name, of JSON on one line.
value() {
  sed -n "s/^[^{]*{[^{]*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# The same picture gets the same id, however often it is sent.
image=$(call --form "image=@$1" "$url/images" | value id)

prompt=$(printf '%s' "$2" | sed 's/[\\"]/\\&/g')
body="{\"prompt\": \"$prompt\", \"images\": [\"$image\"], \"strength\": 0.8}"
key="drive-$$-$(date +%s)"

# `Prefer: wait` holds the answer back until the job has ended, for at most that many seconds. Sending the
# same again under the same key goes on waiting for the same job.
while :; do
  job=$(call --header 'Content-Type: application/json' --header "Idempotency-Key: $key" \
    --header 'Prefer: wait=60' --data "$body" "$url/generate/image-edit")
  case $(printf '%s' "$job" | value status) in
    succeeded) break ;;
    failed | cancelled) printf '%s\n' "$job" >&2; exit 1 ;;
  esac
done

path=$(printf '%s' "$job" | sed -n 's|.*"url":"\(/images/[0-9a-f]*\)".*|\1|p')
call --output "$3" "$url$path"
