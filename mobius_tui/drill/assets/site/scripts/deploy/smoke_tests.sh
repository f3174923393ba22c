#!/usr/bin/env bash
# Tries the API of an environment with real requests. Exit code 1 if a test failed.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--env ENV [--quick]"

environment='' kind=full
while [ $# -gt 0 ]; do
  case $1 in
    --env) environment=${2-}; shift ;;
    --quick) kind=quick ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
need_environment
say "Smoke tests of $environment ($kind)"
exec "$site/bin/site-python" "$site/lib/client.py" smoke "$environment" "$kind"
