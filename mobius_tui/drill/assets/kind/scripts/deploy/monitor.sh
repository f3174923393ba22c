#!/usr/bin/env bash
# Watches the health of an environment, a line time|status|ms|body for each check.
# --duration (or MONITOR_DURATION) and MONITOR_INTERVAL are in seconds.
# Exit code 1 if fewer than 70 % of the checks were ok.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--env ENV [--duration SECONDS]"

environment='' duration=${MONITOR_DURATION:-1800}
while [ $# -gt 0 ]; do
  case $1 in
    --env) environment=${2-}; shift ;;
    --duration) duration=${2-}; shift ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
need_environment
case $duration in
  '' | *[!0-9]*) usage "--duration wants whole seconds, not '$duration'" ;;
esac
log=$site/monitor_logs/monitor_${environment}_$(date +%Y%m%d_%H%M%S).log
say "Monitoring $environment for $duration s"
exec "$site/bin/site-python" "$site/lib/client.py" monitor "$environment" "$log" "$duration"
