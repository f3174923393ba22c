# The remote half of a step on one host: POSIX sh for dash, bash, busybox and macOS.
#
# It is sent on standard input to `sh -s`, behind assignments of NONCE, VERB, RUN, HOST,
# STEP, ATTEMPT, EARLIER, BOOT, DIGEST, PLACES, OFFSET, SCRIPT, TIMEOUT, GRACE, BLOCKS
# and the functions `give_values` (exports values and secrets), `write_files` (what lies
# beside the script) and `runner` (gives values, and executes the script by way of its
# arguments). So nothing of it is in a process
# list, and secrets are on no disk. A value may have the name of any variable here: after
# it is given, only arguments are used.
#
# A start has two ways: the host says `claimed`, whoever asked makes that durable and
# writes the line `go NONCE`, and only then it begins. So where nobody heard of a claim,
# nothing has begun; and a claim that was heard and is gone may have.
#
# A claim is PLACE/claims/RUN/HOST/STEP/ATTEMPT, as homes may be shared; PLACE is the
# first of PLACES where it can be made, $HOME/.mobius-tui if nothing else is wanted:
#   boot    the boot in which it was claimed      script  what is to run
#   digest  of script, files and values; a claim with another one is somebody else's
#   files/  what the script calls, first on its PATH; only there if it calls any
#   keeper  "PID STARTED" of who keeps it         child   the same, of the script's session
#   go/     made by mkdir by whoever decides: the keeper, just before it executes, or
#           somebody who gives the attempt up (then go/void is there). One of them wins.
#   out     stdout and stderr, up to the limit    pipe    the script's way to it
#   total   bytes that the script printed         tally   their way to who counts them
#   stop    somebody wants it stopped             cause   why the keeper stopped it
#   exit    "STATUS BYTES CAUSE" and "DROPPED WHY", renamed into place from exit.new,
#           whose room on the disk is taken before anything begins
#
# stdout: NONCE in a line, then the bytes of `out` from OFFSET on, and nothing else.
# stderr: lines "NONCE WORD …"; anything else there is ssh's or the login's.
#
# The number of a process may be another's by now: no signal is sent before its time of
# beginning is the noted one.
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

is_process() { # whether process $1 is the one that began at $2
  read_started "$1"
  [ -n "$started" ] && [ "$started" = "$2" ]
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
  [ "$claimed_in" = "$boot" ] && is_process "$pid" "$since"
}

has_ended() { # reads `exit` into status, bytes, cause and dropped
  status='' bytes='' cause='' dropped=''
  { read -r status bytes cause && read -r dropped; } 2>/dev/null <"$claim/exit"
  case $status$bytes in '' | *[!0-9]*) return 1 ;; esac
}

judge() { # into `verdict`: exit, running, void, unstarted, gone or unknown
  if has_ended; then verdict=exit
  elif [ ! -d "$claim" ]; then verdict=gone
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
  [ "$verdict" = exit ] || [ -d "$claim" ] || verdict=gone # while we looked
}

tell() { # says the verdict
  case $verdict in
    exit)
      [ -z "$dropped" ] || say dropped "$dropped"
      say exit "$status" "$bytes" "$cause" ;;
    refused) say refused "$problem" ;;
    gone) say unknown gone ;;
    unknown)
      read_boot
      if lives child; then say unknown runs "$pid" # without its keeper
      elif [ "$claimed_in" != "$boot" ]; then say unknown restarted
      else say unknown; fi ;;
    *) say "$verdict" ;;
  esac
}

set_place() { # the folders of claim number $number at place $1
  case $1 in
    '~'*) folder=$HOME${1#'~'} claims=$folder/.mobius-tui/claims ;;
    *) folder=$1 claims=$1/.mobius-tui-$(id -u)/claims ;;
  esac
  attempts=$claims/$RUN/$HOST/$STEP
  claim=$attempts/$number
}

is_ours() { # whether all folders of the way are folders, ours, and written by us alone
  for each; do
    [ ! -L "$each" ] && [ -d "$each" ] && [ -O "$each" ] || return 1
  done
  for mode in $(LC_ALL=C ls -ldn "$@" | cut -c1-10); do
    case $mode in d????-??-?) ;; *) return 1 ;; esac
  done
}

is_safe() { # whether nobody but root and us can exchange what is ours in folder $1
  set -- $(LC_ALL=C ls -ldn "$1/.")
  case $1 in d????-??-?* | d????????[tT]*) ;; *) return 1 ;; esac
  [ "$3" = 0 ] || [ "$3" = "$(id -u)" ]
}

name_problem() { # into `problem`, by what a program said of folder $folder
  case $1 in
    *'No space left'* | *[Qq]uota*) problem="the disk of $folder is full" ;;
    *'Read-only'*) problem="$folder is read-only" ;;
    *'ermission denied'* | *'not permitted'*) problem="we may not write in $folder" ;;
    '') problem="not all could be written in $folder" ;;
    *) problem="nothing can be written in $claims" ;;
  esac
}

try_to_write() { # what prevents it is said in folder $1 of ours; room for all is wanted
  LC_ALL=C
  export LC_ALL
  mkdir "$1/trial" && printf '%4096s%s' '' "$SCRIPT" | cat >"$1/trial/room"
}

name_problem_of() { # into `problem`: why something in folder $1 could not be written
  name_problem "$( (try_to_write "$1") 2>&1)"
  rm -rf "$1/trial"
}

find_claim() { # sets the folders of claim $1 where it is; false where it is nowhere
  number=$1
  nth=0
  for place in $PLACES; do
    nth=$((nth + 1))
    set_place "$place"
    [ -d "$claim" ] && is_way_ours && return
  done
  return 1
}

is_way_ours() { # whether all is safe on the way to the claim
  is_ours "${claims%/*}" "$claims" "$claims/$RUN" "${attempts%/*}" "$attempts"
}

make_way() { # makes the folders above the claim at place $1; else `problem` says why
  set_place "$1"
  case $1 in
    '~'*) ;; # a home that is not there is made, as a login would
    *)
      if [ ! -d "$folder" ]; then
        problem="there is no folder $folder"
        return 1
      elif ! is_safe "$folder"; then
        problem="what is in $folder can be exchanged by others"
        return 1
      fi ;;
  esac
  if [ ! -L "${claims%/*}" ] && [ ! -L "$claims" ]; then
    # A second time: a probe may just have removed the empty folders.
    if ! mkdir -p "$attempts" 2>/dev/null &&
      ! words=$(LC_ALL=C mkdir -p "$attempts" 2>&1); then
      name_problem "$words"
      return 1
    fi
  fi
  is_way_ours && return
  problem="$claims, or a folder in it, is a link, not ours, or written by others"
  return 1
}

write_claim() { # false where something cannot be written; `out` comes last
  printf '%s\n' "$boot" >"$claim/boot" && printf '%s\n' "$DIGEST" >"$claim/digest" &&
    printf '%s' "$SCRIPT" >"$claim/script" &&
    write_files "$claim/files" && printf '%24s\n' '' >"$claim/total" &&
    printf '%128s\n' '' >"$claim/exit.new" && mkfifo "$claim/pipe" "$claim/tally" &&
    printf '' >"$claim/out"
}

make_claim() { # makes claim $1 at the first place that takes it, by command $2 …
  number=$1
  shift
  nth=0
  problems=
  for place in $PLACES; do
    nth=$((nth + 1))
    if make_way "$place"; then
      if words=$(LC_ALL=C mkdir "$claim" 2>&1); then
        "$@" 2>/dev/null && return
        name_problem_of "$claim"
        rm -rf "$claim"
      elif [ -d "$claim" ]; then return # somebody else was faster
      else name_problem "$words"; fi
    fi
    problems="${problems:+$problems; }$problem"
  done
  problem=$problems
  return 1
}

fence() { # decides: what has not begun by now will never begin; into `verdict`
  if mkdir "$claim/go" 2>/dev/null; then
    printf '' >"$claim/go/void"
    verdict=void
  elif [ -d "$claim/go" ]; then judge
  elif [ ! -d "$claim" ]; then verdict=gone
  else
    name_problem_of "$claim"
    verdict=refused
  fi
}

settle() { # fences claim $1, which is made for that where it is nowhere
  if find_claim "$1" || make_claim "$1" :; then fence; else verdict=refused; fi
}

is_same() { # whether the claim is of this script and these values, as far as is known
  read -r theirs 2>/dev/null <"$claim/digest" || return 0 # as earlier versions make it
  [ -z "$DIGEST" ] || [ "$theirs" = "$DIGEST" ]
}

refuse_other() { # says that the claim is of something else
  say refused "$claim is of another script or of other values: of a copy of this run?"
}

is_group() { # whether group $1 is the one of the process that began at $2
  # While a group has a member, nobody new gets its number. So where that is the number
  # of another process, it has ended, and where it is of none, it is still the same one.
  kill -0 "-$1" 2>/dev/null || return
  read_started "$1"
  [ -z "$started" ] || [ "$started" = "$2" ]
}

end_session() { # SIGTERM to the group of process $1, begun at $2; SIGKILL after the grace
  read_clock
  patience=$((clock + GRACE))
  if is_group "$1" "$2"; then kill -TERM "-$1" 2>/dev/null
  elif is_process "$1" "$2"; then kill -TERM "$1" 2>/dev/null # it leads none yet
  else return; fi
  while is_group "$1" "$2" && [ "$clock" -lt "$patience" ]; do
    nap 0.05
    read_clock
  done
  if is_group "$1" "$2"; then kill -KILL "-$1" 2>/dev/null; fi
}

stop_because() { # ends the script's session, and notes why
  [ -e "$claim/cause" ] || printf '%s\n' "$1" >"$claim/cause"
  end_session "$child" "$since"
}

nap_after() { # a pause after look number $1, longer from look to look
  case $1 in 1) nap 0.02 ;; 2) nap 0.05 ;; 3) nap 0.1 ;; *) nap 0.2 ;; esac
}

guard() { # until the script has ended: holds it to its time, and stops it when asked to
  read_clock
  deadline=$((clock + ${TIMEOUT:-0}))
  watches=0
  while is_process "$child" "$since"; do
    read_clock
    if [ -e "$claim/stop" ]; then stop_because 'stopped'
    elif [ -n "$TIMEOUT" ] && [ "$clock" -ge "$deadline" ]; then
      stop_because 'timed out'
    fi
    watches=$((watches + 1))
    nap_after "$watches"
  done
}

pour() { # all that comes to who counts it, and to `out` as long as that takes it
  # Blocks are of 512 bytes for sh, and of 1024 for a bash that is not called sh.
  case ${BASH_VERSION:+:$SHELLOPTS:} in
    '' | *:posix:*) ;;
    *) BLOCKS=$((BLOCKS / 2)) ;;
  esac
  trap '' XFSZ # tee goes on where the file takes no more
  ulimit -c 0 2>/dev/null
  ulimit -f "$BLOCKS" 2>/dev/null
  exec tee -a "$claim/out"
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
  # Both ends are held, so that no open waits for somebody who may be killed first.
  exec 5<>"$claim/pipe" 6<>"$claim/tally"
  (exec wc -c) <"$claim/tally" 1<>"$claim/total" 5>&- 6>&- &
  count=$!
  (pour) <"$claim/pipe" >"$claim/tally" 5>&- 6>&- &
  pour=$!
  read_started "$pour"
  pour_since=$started
  (run) </dev/null >"$claim/pipe" 2>&1 5>&- 6>&- &
  child=$!
  note_process "$child" "$claim/child"
  since=$started
  exec 5>&- 6>&-
  guard
  wait "$child"
  status=$?
  end_session "$child" "$since" # what the script left running in its group
  watches=0
  while is_process "$pour" "$pour_since"; do # who left its session may hold the pipe
    [ "$watches" -lt 6 ] || kill "$pour" 2>/dev/null
    watches=$((watches + 1))
    nap_after "$watches"
  done
  wait "$count"
  read -r cause 2>/dev/null <"$claim/cause" || cause=exited
  bytes=$(($(wc -c <"$claim/out")))
  total=
  read -r total 2>/dev/null <"$claim/total"
  dropped=
  if [ "${total:-0}" -gt "$bytes" ]; then
    why=limit
    if [ "$bytes" -lt $((BLOCKS * 512)) ]; then
      name_problem_of "$claim"
      why=$problem
    fi
    dropped="$((total - bytes)) $why"
  fi
  printf '%s %s %s\n%s\n' "$status" "$bytes" "$cause" "$dropped" 1<>"$claim/exit.new"
  mv "$claim/exit.new" "$claim/exit"
}

show() { # the output from OFFSET on, until the end is known
  exec 3<"$claim/out"
  if [ "$OFFSET" -gt 0 ]; then tail -c "+$((OFFSET + 1))" <&3; else cat <&3; fi
  looks=0
  seen=
  begun=
  while :; do
    judge
    cat <&3 || exit 1
    case $begun$verdict in yesvoid | yesunstarted) verdict=gone ;; esac # being removed
    case $verdict in
      running)
        [ -n "$seen" ] || say running
        seen=yes
        [ ! -d "$claim/go" ] || begun=yes ;;
      unstarted) # its keeper is about to begin, or was killed before it did
        if [ "$looks" -ge 25 ]; then
          fence
          if [ "$verdict" != running ]; then tell; return; fi
        fi ;;
      *) tell; return ;;
    esac
    looks=$((looks + 1))
    [ $((looks % 25)) -ne 0 ] || say beat
    nap_after "$looks"
  done
}

follow() { # what is there of this attempt; what has not begun is given up
  looks=0
  while [ -d "$claim" ] && [ ! -e "$claim/out" ] && [ ! -d "$claim/go" ]; do
    looks=$((looks + 1)) # somebody is just claiming it, or was killed over that
    [ "$looks" -le 20 ] || break
    nap 0.1
  done
  if [ -e "$claim/out" ]; then show; else fence; tell; fi
}

hear_go() { # whether who asked has made durable that it is claimed, and lets it begin
  read -r words 2>/dev/null <&4 && [ "$words" = "go $NONCE" ]
}

start() {
  if ! find_session; then
    say refused "$NO_SESSION"
    return
  fi
  read_boot
  if find_claim "$ATTEMPT"; then
    if ! is_same; then
      refuse_other
      return
    elif [ -d "$claim/go" ] || [ ! -e "$claim/out" ]; then
      say taken
      follow
      return
    fi # else who claimed it before was not let begin, and never will be
  elif ! make_claim "$ATTEMPT" write_claim; then
    say refused "$problem"
    return
  fi
  say place "$nth"
  say claimed "$boot"
  hear_go || return
  (keep) </dev/null >/dev/null 2>&1 4<&- &
  follow
}

attach() {
  if find_claim "$ATTEMPT"; then
    if is_same; then follow; else refuse_other; fi
  elif [ -n "$BOOT" ]; then say unknown gone # it was heard, so it may have begun
  else
    settle "$ATTEMPT"
    tell
  fi
}

had_begun() { # whether an earlier attempt had; then its end is this one's, too
  for number in $EARLIER; do
    settle "$number"
    [ "$verdict" != void ] || continue
    if is_same; then
      say earlier "$number"
      if [ -e "$claim/out" ]; then show; else tell; fi
    else refuse_other; fi
    return 0
  done
  return 1
}

stop() { # asks the keepers of this attempt and of earlier ones
  for number in $EARLIER "$ATTEMPT"; do
    # One that was heard and is gone must not look as if it had been given up in time.
    verdict=gone
    if [ -z "$BOOT" ] || find_claim "$number"; then settle "$number"; fi
    case $verdict in
      running) ! is_same || { printf '' >"$claim/stop" && say stopping; } ;;
      unknown) # without its keeper the script may go on
        if is_same && lives child; then end_session "$pid" "$since"; fi
        say stopping ;;
      *) say stopping ;;
    esac
  done
}

clean() { # this host's claims of the run, wherever they are
  number=
  for place in $PLACES; do
    set_place "$place"
    mine=$claims/$RUN/$HOST
    if [ -d "$mine" ] && is_ours "${claims%/*}" "$claims" "$claims/$RUN" "$mine"; then
      remove "$mine" "$mine"/*/*
      rmdir "$claims/$RUN" 2>/dev/null
    fi
  done
  say clean
}

remove() { # removes folder $1 unless a keeper of the claims $2 … lives
  folder=$1
  shift
  for claim; do
    if lives keeper; then return; fi
  done
  rm -rf "$folder"
}

probe() { # whether a run would be possible here; nothing of it is left
  read_boot
  if ! find_session; then
    say refused "$NO_SESSION"
  elif make_claim "$ATTEMPT" write_claim; then
    say place "$nth"
    say can
  else
    say refused "$problem"
  fi
  for place in $PLACES; do
    set_place "$place"
    rm -rf "$claims/${RUN:?}"
    rmdir "$claims" "${claims%/*}" 2>/dev/null
  done
}

main() {
  umask 077
  printf '\n%s\n' "$NONCE"
  printf '\n' >&2
  say here
  case $VERB in
    start) had_begun || start ;;
    attach) had_begun || attach ;;
    stop) stop ;;
    clean) clean ;;
    probe) probe ;;
  esac
}
main 4<&0 </dev/null; exit 0
