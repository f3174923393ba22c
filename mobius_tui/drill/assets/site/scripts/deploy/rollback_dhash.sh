#!/usr/bin/env bash
# Puts the configuration and the lists of packages of a backup in place, and installs the
# packages. It restores no code and no database; it stops, starts and restarts nothing.
# Exit codes: 1 the rollback failed or was not meant, 9 the backup can't be opened.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--backup FILE --env ENV [--dry-run] [--force]"

backup='' environment='' dry=no force=no
while [ $# -gt 0 ]; do
  case $1 in
    --backup) backup=${2-}; shift ;;
    --env) environment=${2-}; shift ;;
    --dry-run) dry=yes ;;
    --force) force=yes ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
if [ -z "$backup" ]; then usage "--backup is missing"; fi
need_environment

if [ "$force" = no ]; then
  printf 'Roll %s back to %s? (yes/no): ' "$environment" "${backup##*/}" >&2
  read -r answer || { say "✗ not confirmed: nobody answered"; exit 1; }
  if [ "$answer" != yes ]; then say "✗ not confirmed"; exit 1; fi
fi

begin() { say "$1..."; pace; }

begin "Verifying backup integrity"
cd "$(dirname "$backup")"
if ! sha256sum --check --quiet "$(basename "$backup").sha256" >&2; then
  say "✗ the backup can't be verified"
  exit 1
fi
if [ "$dry" = yes ]; then say "✓ dry run: nothing is changed"; exit 0; fi

begin "Backing up the current state"
if ! "$site/scripts/deploy/backup.sh" --env "$environment" > /dev/null; then
  say "! Warning: Pre-rollback backup failed, continuing anyway"
fi

begin "Extracting the backup"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$site/bin/unzip" -q "$backup" -d "$work"

begin "Restoring configuration"
cp -R "$site/config/$environment" \
  "$site/config/$environment.backup.$(date +%Y%m%d_%H%M%S)"
cp -R config/. "$site/config/$environment/"
if [ -f ".env.$environment" ]; then cp ".env.$environment" "$site/"; fi

begin "Restoring packages"
cp package.json package-lock.json "$site/"
cd "$site"
if ! "$site/bin/npm" ci --production >&2; then say "! npm ci failed"; fi

begin "Testing"
if ! "$site/scripts/deploy/smoke_tests.sh" --env "$environment" --quick >&2; then
  say "! the smoke tests failed after the rollback"
fi
say "✓ Rollback process completed"
