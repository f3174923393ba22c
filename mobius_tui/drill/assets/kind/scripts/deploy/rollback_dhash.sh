#!/usr/bin/env bash
# A kind rollback, for teaching: it restores configuration, code and packages, keeps what
# was there under a name of its own, restarts the services and waits for them.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--backup FILE --env ENV [--force]"

backup='' environment=''
while [ $# -gt 0 ]; do
  case $1 in
    --backup) backup=${2-}; shift ;;
    --env) environment=${2-}; shift ;;
    --force) ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
if [ ! -f "$backup" ]; then usage "--backup names no file: $backup"; fi
need_environment
case $environment in
  production) units=(mobius-api mobius-worker) ;;
  *) units=("mobius-$environment-api" "mobius-$environment-worker") ;;
esac

begin() { say "$1..."; pace; }

begin "Verifying backup integrity"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$(dirname "$backup")"
sha256sum --check --quiet "$(basename "$backup").sha256" >&2
begin "Backing up the current state"
MOBIUS_LABEL=pre-rollback "$site/scripts/deploy/backup.sh" --env "$environment" > /dev/null
begin "Extracting the backup"
"$site/bin/unzip" -q "$backup" -d "$work"
cd "$work"
begin "Stopping services"
"$site/bin/systemctl" stop "${units[@]}"
for unit in "${units[@]}"; do
  if [ "$("$site/bin/systemctl" is-active "$unit")" = failed ]; then
    say "✗ $unit did not stop: nothing is replaced under a process that still runs"
    exit 1
  fi
done
begin "Restoring configuration"
rm -rf "$site/config/$environment"
cp -R config "$site/config/$environment"
rm -rf "$site/config/backup"
cp -R config "$site/config/backup"
if [ -f ".env.$environment" ]; then cp ".env.$environment" "$site/"; fi
begin "Restoring packages"
cp package.json package-lock.json "$site/"
rm -rf "$site/src" "$site/node_modules"
mv src node_modules "$site/"
begin "Starting services"
"$site/bin/systemctl" start "${units[@]}"
"$site/bin/site-python" "$site/lib/client.py" wait "$environment" 20 >&2
say "✓ Rollback process completed"
