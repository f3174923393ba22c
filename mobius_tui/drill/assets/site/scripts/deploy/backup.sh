#!/usr/bin/env bash
# Backs up what an environment is configured by: backups/dhash_ENV_YYYYMMDD_HHMMSS.zip and
# its .sha256, which holds the bare name. It holds config/ENV, the lists of packages and
# .env.ENV; no code, no database. The newest ten are kept.
# MOBIUS_STAMP gives another time than now, MOBIUS_LABEL another word than dhash.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--env staging|production [--backup-dir DIR] [--dry-run]"

environment='' folder=$site/backups dry=no
while [ $# -gt 0 ]; do
  case $1 in
    --env) environment=${2-}; shift ;;
    --backup-dir) folder=${2-}; shift ;;
    --dry-run) dry=yes ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
need_environment

name=${MOBIUS_LABEL:-dhash}_${environment}_${MOBIUS_STAMP:-$(date +%Y%m%d_%H%M%S)}
say "Backing up $environment to $name.zip"
if [ "$dry" = yes ]; then exit 0; fi
mkdir -p "$folder"
cd "$folder"
"$site/bin/site-python" "$site/lib/archive.py" create "$environment" "$PWD/$name.zip"
sha256sum "$name.zip" > "$name.zip.sha256"

# Names of backups have no spaces, and their order is that of their times.
# shellcheck disable=SC2012
ls -1 dhash_"$environment"_*.zip | sort -r | tail -n +11 | while read -r old; do
  say "Removing $old: the newest ten are kept"
  rm -f "$old" "$old.sha256"
done
say "✓ $name.zip"
echo "BACKUP_FILE=$PWD/$name.zip"
echo "SHA256_FILE=$PWD/$name.zip.sha256"
