# The remote half of a step on one host: POSIX sh for dash, bash, busybox and macOS.
#
# It is sent on standard input to `sh -s`, behind assignments of NONCE, VERB, RUN, HOST,
# STEP, ATTEMPT, EARLIER, BOOT, OFFSET, SCRIPT, TIMEOUT, GRACE, BLOCKS and the functions
# `give_values` (exports values and secrets) and `runner` (gives them, and executes the
# script by way of its arguments). So nothing of it is in a process list, and secrets are
# on no disk. A value may have the name of any variable here: after it is given, only
# arguments are used.
#
# A claim is $HOME/.mobius-tui/claims/RUN/HOST/STEP/ATTEMPT, as homes may be shared:
#   boot    the boot in which it was claimed      script  what is to run
#   keeper  "PID STARTED" of who keeps it         child   the same, of the script's session
#   go/     made by mkdir by whoever decides: the keeper, just before it executes, or
#           somebody who gives the attempt up (then go/void is there). One of them wins.
#   out     stdout and stderr                     pipe    the script's way to it
#   stop    somebody wants it stopped             cause   why the keeper stopped it
#   exit    "STATUS BYTES CAUSE", renamed into place from exit.new, whose room on the
#           disk is taken before anything begins
#
# stdout: NONCE in a line, then the bytes of `out` from OFFSET on, and nothing else.
# stderr: lines "NONCE WORD …"; anything else there is ssh's or the login's.
#
# A session of its own is begun by setsid(1); where that is missing, as on macOS, by perl
# or python3. `set -m` is no way: dash and busybox refuse job control without a terminal.

say() { printf '%s %s\n' "$NONCE" "$*" >&2; }

nap() { sleep "$1" 2>/dev/null || sleep 1; }

read_clock() { # hundredths of a second, into `clock`; by a clock that nobody sets, if any
  if read -r clock _ 2>/dev/null </proc/uptime; then
    clock=${clock%.*}${clock#*.}
  else
    clock=$(($(date +%s) * 100))
  fi
}

read_boot() { # which boot this is, into `boot`
  read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id && return
  boot=$({ sysctl -n kern.bootsessionuuid || sysctl -n kern.boottime; } 2>/dev/null)
  [ -n "$boot" ] || boot=none
}

read_started() { # when process $1 began, into `started`; empty where none lives
  started=
  if [ -r /proc/self/stat ]; then
    read -r stat 2>/dev/null <"/proc/$1/stat" || return
    set -- ${stat##*) } # behind its name, which may hold anything
    case $1 in Z | X) ;; *) started=${20} ;; esac
  else
    set -- $(ps -o stat= -o lstart= -p "$1" 2>/dev/null)
    case ${1:-Z} in Z*) ;; *) shift && started=$* ;; esac
  fi
}

note_process() { # writes "PID STARTED" of process $1 into file $2
  read_started "$1"
  printf '%s %s\n' "$1" "$started" >"$2"
}

lives() { # whether the process that file $1 of the claim names lives, in this boot
  read -r claimed_in 2>/dev/null <"$claim/boot" || return 1
  read -r pid since 2>/dev/null <"$claim/$1" || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  read_boot
  [ "$claimed_in" = "$boot" ] || return 1
  read_started "$pid"
  [ -n "$since" ] && [ "$started" = "$since" ]
}

has_ended() { # reads `exit` into status, bytes and cause
  read -r status bytes cause 2>/dev/null <"$claim/exit" || return 1
  case $status$bytes in '' | *[!0-9]*) return 1 ;; esac
}

judge() { # into `verdict`: exit, running, void, unstarted or unknown
  if has_ended; then verdict=exit
  elif [ -e "$claim/go/void" ]; then verdict=void
  elif lives keeper; then verdict=running
  elif has_ended; then verdict=exit # it ended while we looked
  elif [ ! -d "$claim/go" ]; then verdict=unstarted
  elif [ ! -e "$claim/keeper" ]; then verdict=void # it is made first
  # What keepers write is final once `go` is there: the looks above may have been before.
  elif lives keeper; then verdict=running
  elif has_ended; then verdict=exit
  elif [ -e "$claim/go/void" ]; then verdict=void
  else verdict=unknown; fi
}

fence() { # decides: what has not begun by now will never begin; into `verdict`
  mkdir -p "$claim" 2>/dev/null
  if mkdir "$claim/go" 2>/dev/null; then
    printf '' >"$claim/go/void"
    verdict=void
  elif [ -d "$claim/go" ]; then judge
  else verdict=refused; fi
}

tell() { # says the verdict
  case $verdict in
    exit) say exit "$status" "$bytes" "$cause" ;;
    refused) say refused "nothing can be written in $claim" ;;
    *) say "$verdict" ;;
  esac
}

end_session() { # SIGTERM to the group that $1 leads, and SIGKILL after the grace
  kill -TERM "-$1" 2>/dev/null || kill -TERM "$1" 2>/dev/null || return
  read_clock
  patience=$((clock + GRACE))
  while kill -0 "-$1" 2>/dev/null && [ "$clock" -lt "$patience" ]; do
    nap 0.05
    read_clock
  done
  kill -KILL "-$1" 2>/dev/null
}

stop_because() { # ends the script's session, and notes why
  printf '%s\n' "$1" >"$claim/cause"
  end_session "$child"
}

is_full() { [ "$(($(wc -c <"$claim/out")))" -ge $((BLOCKS * 512)) ]; }

guard() { # holds the script to its time and its output, and stops it when it is asked to
  read_clock
  deadline=$((clock + ${TIMEOUT:-0}))
  while :; do
    read_clock
    if [ -e "$claim/stop" ]; then
      stop_because 'stopped'
      return
    elif [ -n "$TIMEOUT" ] && [ "$clock" -ge "$deadline" ]; then
      stop_because 'timed out'
      return
    elif ! kill -0 "$pour" 2>/dev/null && is_full; then
      stop_because 'output full'
      return
    fi
    nap 0.2
  done
}

pour() { # from the pipe into `out`; the system itself ends it at the limit
  # Blocks are of 512 bytes for sh, and of 1024 for a bash that is not called sh.
  case ${BASH_VERSION:+:$SHELLOPTS:} in
    '' | *:posix:*) ;;
    *) BLOCKS=$((BLOCKS / 2)) ;;
  esac
  ulimit -c 0 2>/dev/null
  ulimit -f "$BLOCKS" 2>/dev/null
  exec cat >>"$claim/out" 2>/dev/null
}

NO_SESSION='there is neither setsid nor perl nor python3 to begin a session with'

find_session() { # what begins a session, into `session`
  for session in setsid perl python3 none; do
    command -v "$session" >/dev/null 2>&1 && return
  done
  return 1
}

run() { # executes the script; this very process leads its session
  trap - HUP
  case $session in
    setsid) runner setsid ;;
    perl) runner perl -e 'use POSIX (); POSIX::setsid(); exec @ARGV; exit 127' -- ;;
    python3) runner python3 -c 'import os, sys
os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])' ;;
  esac
}

own_pid() { # the number of this subshell, into `me`; $$ is its parent's
  read -r me _ 2>/dev/null </proc/self/stat || me=$(exec sh -c 'echo $PPID')
}

keep() { # carries the attempt through, whoever watches; deaf to hang-ups
  trap '' HUP
  own_pid
  note_process "$me" "$claim/keeper" || exit
  if ! mkdir "$claim/go" 2>/dev/null; then # given up before it began
    [ -d "$claim/go" ] && printf '' >"$claim/go/void"
    exit
  fi
  # A machine that loses power now must not forget that this was about to run.
  sync "$claim/keeper" "$claim/go" "$claim" "$attempts" "${attempts%/*}" \
    "${attempts%/*/*}" "$claims" 2>/dev/null || sync
  (pour) <"$claim/pipe" &
  pour=$!
  (run) </dev/null >"$claim/pipe" 2>&1 &
  child=$!
  note_process "$child" "$claim/child"
  (guard) &
  guard=$!
  wait "$child"
  status=$?
  kill "$guard" 2>/dev/null
  end_session "$child" # what the script left running in its group
  (nap 0.5 && kill "$pour" 2>/dev/null) & # who left its session may hold the pipe
  patience=$!
  wait "$pour"
  poured=$?
  kill "$patience" 2>/dev/null
  read -r cause 2>/dev/null <"$claim/cause" || cause=exited
  case $poured in
    0 | 143) ;;
    *) if is_full; then cause='output full'; else cause='output lost'; fi ;;
  esac
  bytes=$(($(wc -c <"$claim/out")))
  printf '%s %s %s\n' "$status" "$bytes" "$cause" 1<>"$claim/exit.new"
  mv "$claim/exit.new" "$claim/exit"
}

show() { # the output from OFFSET on, until the end is known
  exec 3<"$claim/out"
  if [ "$OFFSET" -gt 0 ]; then tail -c "+$((OFFSET + 1))" <&3; else cat <&3; fi
  looks=0
  seen=
  while :; do
    judge
    cat <&3 || exit 1
    case $verdict in
      running)
        [ -n "$seen" ] || say running
        seen=yes ;;
      unstarted) # its keeper is about to begin, or was killed before it did
        if [ "$looks" -ge 50 ]; then
          fence
          if [ "$verdict" != running ]; then tell; return; fi
        fi ;;
      *) tell; return ;;
    esac
    looks=$((looks + 1))
    [ $((looks % 25)) -ne 0 ] || say beat
    case $looks in 1) nap 0.05 ;; 2) nap 0.1 ;; *) nap 0.2 ;; esac
  done
}

follow() { # what is there of this attempt; nothing: then it will never begin
  looks=0
  while [ -d "$claim" ] && [ ! -e "$claim/out" ] && [ ! -d "$claim/go" ]; do
    looks=$((looks + 1)) # somebody is just claiming it, or was killed over that
    [ "$looks" -le 20 ] || break
    nap 0.1
  done
  if [ -e "$claim/out" ]; then show; else fence; tell; fi
}

make_claim() { # false where nothing can be written
  read_boot
  printf '%s\n' "$boot" >"$claim/boot" && printf '%s' "$SCRIPT" >"$claim/script" &&
    printf '%64s\n' '' >"$claim/exit.new" && mkfifo "$claim/pipe" &&
    printf '' >"$claim/out"
}

start() {
  if ! find_session; then
    say refused "$NO_SESSION"
    return
  fi
  if mkdir "$claim" 2>/dev/null; then
    if ! make_claim 2>/dev/null; then
      fence
      say refused "nothing can be written in $claim"
      return
    fi
    say claimed "$boot"
    (keep) </dev/null >/dev/null 2>&1 &
  else
    say taken
  fi
  follow
}

had_begun() { # whether an earlier attempt had; then its end is this one's, too
  for number in $EARLIER; do
    claim=$attempts/$number
    fence
    [ "$verdict" != void ] || continue
    say earlier "$number"
    if [ -e "$claim/out" ]; then show; else tell; fi
    return 0
  done
  claim=$attempts/$ATTEMPT
  return 1
}

is_elsewhere() { # whether the attempt was claimed on another machine of this name
  read_boot
  [ -n "$BOOT" ] && [ "$BOOT" != "$boot" ] && [ ! -d "$claim" ] && say unknown
}

stop() { # asks the keepers of this attempt and of earlier ones
  for number in $EARLIER "$ATTEMPT"; do
    claim=$attempts/$number
    fence
    case $verdict in
      running) printf '' >"$claim/stop" && say stopping ;;
      unknown) # without its keeper the script may go on
        if lives child; then end_session "$pid"; fi
        say stopping ;;
      *) say stopping ;;
    esac
  done
}

remove() { # removes folder $1 unless a keeper of the claims $2 … lives
  folder=$1
  shift
  for claim; do
    if lives keeper; then return; fi
  done
  rm -rf "$folder"
}

clean() { # this host's claims of the run, and runs that are older than 90 days
  remove "$claims/$RUN/$HOST" "$claims/$RUN/$HOST"/*/*
  rmdir "$claims/$RUN" 2>/dev/null
  for old in "$claims"/*; do
    [ -z "$(find "$old" -prune -mtime +90 2>/dev/null)" ] || remove "$old" "$old"/*/*/*
  done
  say clean
}

probe() { # whether a run would be possible here; nothing of it is left
  if ! find_session; then
    say refused "$NO_SESSION"
  elif mkdir "$claim" 2>/dev/null && make_claim 2>/dev/null; then
    say can
  else
    say refused "nothing can be written in $claim"
  fi
  rm -rf "$claims/${RUN:?}"
}

is_ours() { # whether all folders of the way are folders, ours, and written by us alone
  for each; do
    [ ! -L "$each" ] && [ -d "$each" ] && [ -O "$each" ] || return 1
  done
  for mode in $(LC_ALL=C ls -ldn "$@" | cut -c1-10); do
    case $mode in d????-??-?) ;; *) return 1 ;; esac
  done
}

main() {
  umask 077
  claims=$HOME/.mobius-tui/claims
  attempts=$claims/$RUN/$HOST/$STEP
  claim=$attempts/$ATTEMPT
  printf '\n%s\n' "$NONCE"
  printf '\n' >&2
  say here
  [ -L "${claims%/*}" ] || [ -L "$claims" ] || mkdir -p "$attempts" 2>/dev/null || {
    say refused "the folder $attempts cannot be made"
    return
  }
  is_ours "${claims%/*}" "$claims" "$claims/$RUN" "${attempts%/*}" "$attempts" || {
    say refused "$claims, or a folder in it, is a link, not ours, or written by others"
    return
  }
  case $VERB in
    start) had_begun || start ;;
    attach) had_begun || is_elsewhere || follow ;;
    stop) stop ;;
    clean) clean ;;
    probe) probe ;;
  esac
}
main </dev/null; exit 0
