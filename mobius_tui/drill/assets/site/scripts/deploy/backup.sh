#!/usr/bin/env bash
# Backs up the configuration, code and database of an environment:
#   backups/LABEL_ENV_YYYYMMDD_HHMMSS.zip (UTC) and its .sha256, which holds the bare name.
# MOBIUS_STAMP gives another time than now.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--env ENV [--label LABEL]"

environment='' label=dhash
while [ $# -gt 0 ]; do
  case $1 in
    --env) environment=${2-}; shift ;;
    --label) label=${2-}; shift ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
need_environment

stamp=${MOBIUS_STAMP:-$(date -u +%Y%m%d_%H%M%S)}
zip=${label}_${environment}_$stamp.zip
cd "$site/backups"
"$site/bin/site-python" "$site/lib/archive.py" create "$environment" "$stamp" "$PWD/$zip"
sha256sum "$zip" > "$zip.sha256"
say "✓ backups/$zip"
