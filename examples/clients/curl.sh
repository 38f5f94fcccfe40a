#!/usr/bin/env bash
# Queries a running collector with curl only.
#
#   VITALS_URL=http://127.0.0.1:9464 examples/clients/curl.sh
#
# If VITALS_TOKEN is set, it is sent as the bearer token. curl reads it from standard input, because every user can read a command line.
set -euo pipefail
url="${VITALS_URL:-http://127.0.0.1:9464}"

query() {
  curl --silent --show-error --config - "$@" <<<"${VITALS_TOKEN:+header = \"authorization: Bearer $VITALS_TOKEN\"}"
}

echo "# Readiness, waiting up to a minute."
query --no-show-error --output /dev/null --fail --retry 60 --retry-delay 1 --retry-max-time 60 --retry-all-errors "$url/readyz"
echo ready

echo "# Health as an HTTP status: 200, or 503 if critical."
query --output /dev/null --write-out 'health %{http_code}\n' "$url/health?fail_on=critical"

echo "# All collections."
query --fail "$url/api/v1/collections"
echo

echo "# Two fields of the last three samples of one collection."
query --fail "$url/api/v1/collections/analytics/samples?last=3&fields=memoryUtilization,uptime"
echo

echo "# Statistics of its last minute."
query --fail "$url/api/v1/collections/analytics/aggregates?window=1m&fields=memoryUtilization"
echo

echo "# An invalid request returns a problem that names the parameter."
query "$url/api/v1/collections/analytics/samples?last=none"
echo

echo "# ETag: the second response is an empty 304."
folder="$(mktemp -d)"
trap 'rm -r "$folder"' EXIT
for _ in 1 2; do
  query --fail --etag-save "$folder/etag" --etag-compare "$folder/etag" --output "$folder/openapi.json" \
    --write-out 'openapi.json %{http_code}, %{size_download} bytes\n' "$url/openapi.json"
done

echo "# The event stream, until the second sample."
samples=0
# curl exits with 23 when the pipe closes, which is intended here.
{ query --no-show-error --no-buffer --fail "$url/api/v1/events?types=sample&collections=analytics" || test $? -eq 23; } |
  while IFS= read -r line; do
    echo "$line"
    if [[ $line == "event: sample" ]]; then ((samples += 1)); fi
    if [[ $line == "" && $samples -eq 2 ]]; then break; fi
  done
