#!/usr/bin/env bash
# What a running collector tells, with nothing but curl.
#
#   VITALS_URL=http://127.0.0.1:9464 examples/clients/curl.sh
#
# With VITALS_TOKEN it sends the token. It goes to curl by its standard input, not on the command line, where every user could read it.
set -euo pipefail
url="${VITALS_URL:-http://127.0.0.1:9464}"

ask() {
  curl --silent --show-error --config - "$@" <<<"${VITALS_TOKEN:+header = \"authorization: Bearer $VITALS_TOKEN\"}"
}

echo "# Is it ready? Waits up to a minute."
ask --no-show-error --output /dev/null --fail --retry 60 --retry-delay 1 --retry-max-time 60 --retry-all-errors "$url/readyz"
echo ready

echo "# Is it well? The status of the answer says so, without reading it: 200, or 503."
ask --output /dev/null --write-out 'health %{http_code}\n' "$url/health?fail_on=critical"

echo "# Every collection."
ask --fail "$url/api/v1/collections"
echo

echo "# The last three samples of one, two fields each."
ask --fail "$url/api/v1/collections/analytics/samples?last=3&fields=memoryUtilization,uptime"
echo

echo "# Its last minute."
ask --fail "$url/api/v1/collections/analytics/aggregates?window=1m&fields=memoryUtilization"
echo

echo "# A wrong question is answered with a problem that names the parameter."
ask "$url/api/v1/collections/analytics/samples?last=none"
echo

echo "# What has an ETag is sent once: the second answer is 304, and empty."
folder="$(mktemp -d)"
trap 'rm -r "$folder"' EXIT
for _ in 1 2; do
  ask --fail --etag-save "$folder/etag" --etag-compare "$folder/etag" --output "$folder/openapi.json" \
    --write-out 'openapi.json %{http_code}, %{size_download} bytes\n' "$url/openapi.json"
done

echo "# What happens, as it happens; here until the second sample."
samples=0
# curl says 23 when nobody reads on, which is what is meant here.
{ ask --no-show-error --no-buffer --fail "$url/api/v1/events?types=sample&collections=analytics" || test $? -eq 23; } |
  while IFS= read -r line; do
    echo "$line"
    if [[ $line == "event: sample" ]]; then ((samples += 1)); fi
    if [[ $line == "" && $samples -eq 2 ]]; then break; fi
  done
