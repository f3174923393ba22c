#!/usr/bin/env bash
# Tries an environment with real requests; 1 where a test failed, the critical ones first.
# The address is http://localhost:3000 unless --base-url says otherwise.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--env ENV [--base-url URL] [--quick] [--output FILE]"

environment='' url=http://localhost:3000 kind=full output=''
while [ $# -gt 0 ]; do
  case $1 in
    --env) environment=${2-}; shift ;;
    --base-url) url=${2-}; shift ;;
    --quick) kind=quick ;;
    --output) output=${2-}; shift ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
need_environment
cd "$site"
output=${output:-postdeploy-smoketests_${environment}_$(date +%Y%m%d_%H%M%S).log}
say "Smoke tests of $environment ($kind) at $url"
total=0 failed=0 results=''

tell() { # tell STATUS NAME WORDS
  total=$((total + 1))
  if [ "$1" = FAIL ]; then failed=$((failed + 1)); fi
  printf '%s  %-28s %s\n' "$1" "$2" "$3"
  results+="${results:+,}{\"test\":\"$2\",\"status\":\"$1\"}"
}

report() {
  printf '{"environment":"%s","total":%d,"failed":%d,"tests":[%s]}\n' \
    "$environment" "$total" "$failed" "$results" > "$output"
  echo "$((total - failed)) of $total smoke tests passed"
}
trap report EXIT

get() { # get NAME PATH
  local code
  code=$("$site/bin/curl" -s -m 10 -o "$site/tmp/smoke.body" -w '%{http_code}' "$url$2") || code=000
  if [ "$code" != 000 ] && [ "$code" -lt 400 ]; then
    tell PASS "$1" "GET $2 $code"
  else
    tell FAIL "$1" "GET $2 $code"
    return 1
  fi
}

holds() { # holds NAME COMMAND...
  local name=$1
  shift
  if "$@" > /dev/null 2>&1; then tell PASS "$name" ""; else tell FAIL "$name" ""; return 1; fi
}

files() {
  [ -r package.json ] && [ -x scripts/deploy/backup.sh ] &&
    [ -x scripts/deploy/rollback_dhash.sh ]
}

get "is healthy" /health || exit 1
get "serves its front page" / || exit 1
holds "has its files" files || exit 1
if [ "$kind" = full ]; then
  get "tells its version" /version || true
  if [ -d client/build ] || [ -d public ]; then
    holds "has its static files" test -n "$(find client/build public -type f 2> /dev/null)" || true
  fi
  holds "has its packages" "$site/bin/npm" list --depth=0 --prod || true
  free=$(df -Pk . | awk 'NR == 2 { print $4 }')
  holds "has 1 GB of disk" test "$free" -gt 1000000 || true
  if [ -r /proc/meminfo ]; then
    memory=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
    holds "has 100 MB of memory" test "$memory" -gt 100000 || true
  fi
  holds "has its processes" true
fi
[ "$failed" -eq 0 ]
