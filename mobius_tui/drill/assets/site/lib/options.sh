# Sourced by the scripts in scripts/deploy: what they share. Expects `site` to be set.

say() { printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*" >&2; }

# A stage takes a moment, so that a person can follow; seconds.
pace() { sleep "${MOBIUS_PACE:-0.15}"; }

usage() {
  echo "${0##*/}: $1" >&2
  echo "usage: ${0##*/} $usage" >&2
  exit 1
}

need_environment() {
  case ${environment:-} in
    production | staging) ;;
    *) usage "--env is production or staging, not '${environment:-}'" ;;
  esac
}
