#!/usr/bin/env bash
# Restores the configuration and code of an environment from a backup. The database is
# left as it is: what was written since the backup is kept.
# Exit codes: 1 the rollback failed, 2 usage or refused, 3 the backup can't be verified,
# 9 the backup can't be opened.
set -euo pipefail
site=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
source "$site/lib/options.sh"
usage="--backup FILE --env ENV [--force]"
echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $*" >> "$site/run/rollbacks.log"

backup='' environment='' force=no
while [ $# -gt 0 ]; do
  case $1 in
    --backup) backup=${2-}; shift ;;
    --env) environment=${2-}; shift ;;
    --force) force=yes ;;
    *) usage "unknown option: $1" ;;
  esac
  shift || usage "the last option wants a value"
done
if [ -z "$backup" ]; then usage "--backup is missing"; fi
need_environment
served=$(cat "$site/run/environment")
if [ "$environment" != "$served" ]; then
  usage "the services here serve $served, not $environment"
fi

if [ "$force" = no ]; then
  if [ ! -t 0 ]; then usage "not confirmed: there is no terminal to ask; see --force"; fi
  read -r -p "Roll $environment back to ${backup##*/}? Type $environment: " answer
  if [ "$answer" != "$environment" ]; then usage "not confirmed"; fi
fi

work=$(mktemp -d "$site/run/rollback.XXXXXX")
stage="the start"
finish() {
  status=$?
  rm -rf "$work"
  if [ "$status" -ne 0 ]; then say "✗ Rollback FAILED at: $stage (exit $status)"; fi
}
trap finish EXIT
cd "$work"

begin() { stage=$1; say "$1..."; pace; }

say "Rollback of $environment to ${backup##*/}"
begin "Verifying backup integrity"
if [ ! -f "$backup" ]; then
  echo "cannot open $backup from $PWD: --backup wants an absolute path" >&2
  exit 9
fi
want=''
if [ -f "$backup.sha256" ]; then read -r want _ < "$backup.sha256" || true; fi
have=$(sha256sum < "$backup")
have=${have%% *}
if [ -z "$want" ] || [ "$want" != "$have" ]; then
  echo "the backup can't be verified: SHA-256 is $have, but its .sha256 says ${want:-nothing}" >&2
  exit 3
fi
say "✓ SHA-256 ${have:0:12}… matches"

begin "Extracting the backup"
"$site/bin/site-python" "$site/lib/archive.py" extract "$backup" "$work"

begin "Backing up the current state"
"$site/scripts/deploy/backup.sh" --env "$environment" --label pre-rollback

begin "Stopping services"
"$site/bin/systemctl" stop mobius-api mobius-worker
for unit in mobius-api mobius-worker; do
  if [ "$("$site/bin/systemctl" is-active "$unit")" = failed ]; then
    echo "$unit did not stop: nothing is replaced under a process that still runs" >&2
    exit 1
  fi
done

# Puts a restored folder or file in the place of the present one.
put() {
  rm -rf "$2.old"
  if [ -e "$2" ]; then mv "$2" "$2.old"; fi
  mv "$1" "$2"
  rm -rf "$2.old"
}
begin "Restoring configuration"
put "config/$environment" "$site/config/$environment"
put config/backup "$site/config/backup"
begin "Restoring application code"
put app "$site/app"
say "✓ release $(cat "$site/app/VERSION")"

begin "Starting services"
"$site/bin/systemctl" start mobius-api mobius-worker
begin "Waiting for the API"
"$site/bin/site-python" "$site/lib/client.py" wait "$environment" 20
say "✓ Rollback complete"
