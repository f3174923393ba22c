# Sourced by the scripts in scripts/deploy: what they share. Expects `site` to be set.

say() { printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*"; }

# A stage takes a moment, so that a person can follow; seconds.
pace() { sleep "${MOBIUS_PACE:-0.15}"; }

usage() {
  echo "${0##*/}: $1" >&2
  echo "usage: ${0##*/} $usage" >&2
  exit 2
}

# Stops unless $environment is one that this site has.
need_environment() {
  if [ -z "${environment:-}" ]; then usage "--env is missing"; fi
  if [ ! -f "$site/config/$environment/api.json" ] || [ "$environment" = backup ]; then
    usage "no such environment: $environment (there are production and staging)"
  fi
}
