# This file has the completions of mobius-tui; `mobius-tui completions` prints it.
# `python -m tests.completions` makes it of the command line, by shtab.

_shtab_mobius_tui_subparsers=(demo run resume takeover undo approve watch drill new import check hosts schema upgrade runs review report annotate diff amend stats export import-run verify doctor completions paths)

_shtab_mobius_tui_demo_option_strings=(-h --help --var --auto --manual --answers --yes --dry-run --plain --ascii --json --keep --hosts)
_shtab_mobius_tui_run_option_strings=(-h --help --var --auto --manual --answers --yes --dry-run --plain --ascii --json --profile --workdir --mode --limit --although-running --check-playbooks --share --share-control)
_shtab_mobius_tui_resume_option_strings=(-h --help --without --plain --ascii --json --auto --manual --answers --yes)
_shtab_mobius_tui_takeover_option_strings=(-h --help --from)
_shtab_mobius_tui_undo_option_strings=(-h --help --to --yes --plain --without)
_shtab_mobius_tui_approve_option_strings=(-h --help --step --as --deny)
_shtab_mobius_tui_watch_option_strings=(-h --help --var --profile --workdir --duration --auto-rollback --yes --keep-watching --detach --log-dir --replay --trigger --plain --ascii --json)
_shtab_mobius_tui_drill_option_strings=(-h --help --send --fault --seed --try-checks --rehearse-undo --matrix --site --environment --confined --inject --worsen --heal --hint --inject-cmd --profile --workdir --var --auto --manual --answers --yes --dry-run --plain --ascii --json --keep --hosts)
_shtab_mobius_tui_new_option_strings=(-h --help)
_shtab_mobius_tui_import_option_strings=(-h --help -o --output --force --check --explain --json)
_shtab_mobius_tui_check_option_strings=(-h --help --explain --ids --fresh --format --json)
_shtab_mobius_tui_hosts_option_strings=(-h --help --step --target --limit --probe-hosts --json)
_shtab_mobius_tui_schema_option_strings=(-h --help -o --output)
_shtab_mobius_tui_upgrade_option_strings=(-h --help --dry-run)
_shtab_mobius_tui_runs_option_strings=(-h --help --json --drills --runbook --by --mode --outcome --since)
_shtab_mobius_tui_review_option_strings=(-h --help)
_shtab_mobius_tui_report_option_strings=(-h --help --format -o --schema)
_shtab_mobius_tui_annotate_option_strings=(-h --help --at --step --from --to)
_shtab_mobius_tui_diff_option_strings=(-h --help)
_shtab_mobius_tui_amend_option_strings=(-h --help --step -o --output --write)
_shtab_mobius_tui_stats_option_strings=(-h --help --plain --json)
_shtab_mobius_tui_export_option_strings=(-h --help -o)
_shtab_mobius_tui_import_run_option_strings=(-h --help --head)
_shtab_mobius_tui_verify_option_strings=(-h --help --head)
_shtab_mobius_tui_doctor_option_strings=(-h --help --json)
_shtab_mobius_tui_completions_option_strings=(-h --help --install)
_shtab_mobius_tui_paths_option_strings=(-h --help)
_shtab_mobius_tui_option_strings=(-h --help -V --version --ascii)

_shtab_mobius_tui_demo___answers_COMPGEN=''
_shtab_mobius_tui_run_pos_0_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_run___answers_COMPGEN=''
_shtab_mobius_tui_run___profile_COMPGEN=_mobius_tui_profiles
_shtab_mobius_tui_run___workdir_COMPGEN=''
_shtab_mobius_tui_resume_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_resume___answers_COMPGEN=''
_shtab_mobius_tui_takeover_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_undo_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_undo___to_COMPGEN=_mobius_tui_steps
_shtab_mobius_tui_approve_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_approve___step_COMPGEN=_mobius_tui_steps
_shtab_mobius_tui_watch_pos_0_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_watch___profile_COMPGEN=_mobius_tui_profiles
_shtab_mobius_tui_watch___workdir_COMPGEN=''
_shtab_mobius_tui_watch___log_dir_COMPGEN=''
_shtab_mobius_tui_watch___replay_COMPGEN=''
_shtab_mobius_tui_drill_pos_0_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_drill___inject_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_drill___inject_cmd_COMPGEN=''
_shtab_mobius_tui_drill___profile_COMPGEN=_mobius_tui_profiles
_shtab_mobius_tui_drill___workdir_COMPGEN=''
_shtab_mobius_tui_drill___answers_COMPGEN=''
_shtab_mobius_tui_import_pos_0_COMPGEN=''
_shtab_mobius_tui_import_pos_1_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_import__o_COMPGEN=''
_shtab_mobius_tui_import___output_COMPGEN=''
_shtab_mobius_tui_check_pos_0_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_hosts_pos_0_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_hosts___step_COMPGEN=_mobius_tui_steps
_shtab_mobius_tui_schema__o_COMPGEN=''
_shtab_mobius_tui_schema___output_COMPGEN=''
_shtab_mobius_tui_upgrade_pos_0_COMPGEN=''
_shtab_mobius_tui_runs___runbook_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_review_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_report_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_report__o_COMPGEN=''
_shtab_mobius_tui_annotate_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_annotate___step_COMPGEN=_mobius_tui_steps
_shtab_mobius_tui_diff_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_diff_pos_1_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_amend_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_amend__o_COMPGEN=''
_shtab_mobius_tui_amend___output_COMPGEN=''
_shtab_mobius_tui_stats_pos_0_COMPGEN=_mobius_tui_runbooks
_shtab_mobius_tui_export_pos_0_COMPGEN=_mobius_tui_runs
_shtab_mobius_tui_export__o_COMPGEN=''
_shtab_mobius_tui_import_run_pos_0_COMPGEN=''
_shtab_mobius_tui_verify_pos_0_COMPGEN=_mobius_tui_runs

_shtab_mobius_tui_demo___manual_choices=(stop skip tick)
_shtab_mobius_tui_run___manual_choices=(stop skip tick)
_shtab_mobius_tui_run___mode_choices=(incident maintenance)
_shtab_mobius_tui_resume___manual_choices=(stop skip tick)
_shtab_mobius_tui_drill___fault_choices=(bad-release slow-release error-burst flapping lying-health stuck-service thin-backup config-drift no-config-backup stale-process bad-migration dead-worker corrupt-backup missing-checksum rollback-fails half-restored prompting-script npm-missing second-rollback pruned-backups wrong-environment list random)
_shtab_mobius_tui_drill___site_choices=(real rich kind)
_shtab_mobius_tui_drill___worsen_choices=(bad-release slow-release error-burst flapping lying-health stuck-service thin-backup config-drift no-config-backup stale-process bad-migration dead-worker corrupt-backup missing-checksum rollback-fails half-restored prompting-script npm-missing second-rollback pruned-backups wrong-environment)
_shtab_mobius_tui_drill___heal_choices=(bad-release slow-release error-burst flapping lying-health stuck-service thin-backup config-drift no-config-backup stale-process bad-migration dead-worker corrupt-backup missing-checksum rollback-fails half-restored prompting-script npm-missing second-rollback pruned-backups wrong-environment)
_shtab_mobius_tui_drill___manual_choices=(stop skip tick)
_shtab_mobius_tui_import___explain_choices=(syntax-error self-match effect-too-low swallowed-failure check-cannot-fail unattended destroy-unchecked no-environment no-timeout no-undo sum-elsewhere relative-path lost-variable misspelt-variable unquoted-variable empty-path endless-command needs-terminal background prompt finds-nothing curl-without-fail request-without-limit placeholder secret destroy-at-once tolerant-canary skipped-unchecked unused-target empty-value no-value-yet unused-variable unreached-phase main-line-key tty-not-optional slow-probe trigger-never-fires limit-above-timeout no-witness watch-without-trigger short-watch secret-default default-not-filled toml-escape script-too-long bad-ignore list)
_shtab_mobius_tui_check___explain_choices=(syntax-error self-match effect-too-low swallowed-failure check-cannot-fail unattended destroy-unchecked no-environment no-timeout no-undo sum-elsewhere relative-path lost-variable misspelt-variable unquoted-variable empty-path endless-command needs-terminal background prompt finds-nothing curl-without-fail request-without-limit placeholder secret destroy-at-once tolerant-canary skipped-unchecked unused-target empty-value no-value-yet unused-variable unreached-phase main-line-key tty-not-optional slow-probe trigger-never-fires limit-above-timeout no-witness watch-without-trigger short-watch secret-default default-not-filled toml-escape script-too-long bad-ignore list)
_shtab_mobius_tui_check___format_choices=(text json sarif github)
_shtab_mobius_tui_runs___mode_choices=(incident drill maintenance)
_shtab_mobius_tui_runs___outcome_choices=(completed failed abandoned incomplete open imported damaged 'never began')
_shtab_mobius_tui_report___format_choices=(md html json junit)
_shtab_mobius_tui_completions_pos_0_choices=(bash zsh fish)
_shtab_mobius_tui_pos_0_choices=(demo run resume takeover undo approve watch drill new import check hosts schema upgrade runs review report annotate diff amend stats export import-run verify doctor completions paths)

_shtab_mobius_tui_demo__h_nargs=0
_shtab_mobius_tui_demo___help_nargs=0
_shtab_mobius_tui_demo___auto_nargs=0
_shtab_mobius_tui_demo___yes_nargs=0
_shtab_mobius_tui_demo___dry_run_nargs=0
_shtab_mobius_tui_demo___plain_nargs=0
_shtab_mobius_tui_demo___ascii_nargs=0
_shtab_mobius_tui_demo___json_nargs=0
_shtab_mobius_tui_demo___keep_nargs=0
_shtab_mobius_tui_run__h_nargs=0
_shtab_mobius_tui_run___help_nargs=0
_shtab_mobius_tui_run___auto_nargs=0
_shtab_mobius_tui_run___yes_nargs=0
_shtab_mobius_tui_run___dry_run_nargs=0
_shtab_mobius_tui_run___plain_nargs=0
_shtab_mobius_tui_run___ascii_nargs=0
_shtab_mobius_tui_run___json_nargs=0
_shtab_mobius_tui_run___although_running_nargs=0
_shtab_mobius_tui_run___check_playbooks_nargs=0
_shtab_mobius_tui_run___share_control_nargs=0
_shtab_mobius_tui_resume__h_nargs=0
_shtab_mobius_tui_resume___help_nargs=0
_shtab_mobius_tui_resume___plain_nargs=0
_shtab_mobius_tui_resume___ascii_nargs=0
_shtab_mobius_tui_resume___json_nargs=0
_shtab_mobius_tui_resume___auto_nargs=0
_shtab_mobius_tui_resume___yes_nargs=0
_shtab_mobius_tui_takeover__h_nargs=0
_shtab_mobius_tui_takeover___help_nargs=0
_shtab_mobius_tui_undo__h_nargs=0
_shtab_mobius_tui_undo___help_nargs=0
_shtab_mobius_tui_undo___yes_nargs=0
_shtab_mobius_tui_undo___plain_nargs=0
_shtab_mobius_tui_approve__h_nargs=0
_shtab_mobius_tui_approve___help_nargs=0
_shtab_mobius_tui_watch__h_nargs=0
_shtab_mobius_tui_watch___help_nargs=0
_shtab_mobius_tui_watch___auto_rollback_nargs=0
_shtab_mobius_tui_watch___yes_nargs=0
_shtab_mobius_tui_watch___keep_watching_nargs=0
_shtab_mobius_tui_watch___detach_nargs=0
_shtab_mobius_tui_watch___plain_nargs=0
_shtab_mobius_tui_watch___ascii_nargs=0
_shtab_mobius_tui_watch___json_nargs=0
_shtab_mobius_tui_drill__h_nargs=0
_shtab_mobius_tui_drill___help_nargs=0
_shtab_mobius_tui_drill___send_nargs=0
_shtab_mobius_tui_drill___try_checks_nargs=0
_shtab_mobius_tui_drill___rehearse_undo_nargs=0
_shtab_mobius_tui_drill___matrix_nargs=0
_shtab_mobius_tui_drill___confined_nargs=0
_shtab_mobius_tui_drill___inject_nargs='?'
_shtab_mobius_tui_drill___auto_nargs=0
_shtab_mobius_tui_drill___yes_nargs=0
_shtab_mobius_tui_drill___dry_run_nargs=0
_shtab_mobius_tui_drill___plain_nargs=0
_shtab_mobius_tui_drill___ascii_nargs=0
_shtab_mobius_tui_drill___json_nargs=0
_shtab_mobius_tui_drill___keep_nargs=0
_shtab_mobius_tui_new__h_nargs=0
_shtab_mobius_tui_new___help_nargs=0
_shtab_mobius_tui_import__h_nargs=0
_shtab_mobius_tui_import___help_nargs=0
_shtab_mobius_tui_import___force_nargs=0
_shtab_mobius_tui_import___check_nargs=0
_shtab_mobius_tui_import___explain_nargs=0
_shtab_mobius_tui_import___json_nargs=0
_shtab_mobius_tui_check_pos_0_nargs='*'
_shtab_mobius_tui_check__h_nargs=0
_shtab_mobius_tui_check___help_nargs=0
_shtab_mobius_tui_check___ids_nargs=0
_shtab_mobius_tui_check___json_nargs=0
_shtab_mobius_tui_hosts__h_nargs=0
_shtab_mobius_tui_hosts___help_nargs=0
_shtab_mobius_tui_hosts___probe_hosts_nargs=0
_shtab_mobius_tui_hosts___json_nargs=0
_shtab_mobius_tui_schema__h_nargs=0
_shtab_mobius_tui_schema___help_nargs=0
_shtab_mobius_tui_upgrade__h_nargs=0
_shtab_mobius_tui_upgrade___help_nargs=0
_shtab_mobius_tui_upgrade___dry_run_nargs=0
_shtab_mobius_tui_runs__h_nargs=0
_shtab_mobius_tui_runs___help_nargs=0
_shtab_mobius_tui_runs___json_nargs=0
_shtab_mobius_tui_runs___drills_nargs=0
_shtab_mobius_tui_review__h_nargs=0
_shtab_mobius_tui_review___help_nargs=0
_shtab_mobius_tui_report__h_nargs=0
_shtab_mobius_tui_report___help_nargs=0
_shtab_mobius_tui_report___schema_nargs=0
_shtab_mobius_tui_annotate__h_nargs=0
_shtab_mobius_tui_annotate___help_nargs=0
_shtab_mobius_tui_diff__h_nargs=0
_shtab_mobius_tui_diff___help_nargs=0
_shtab_mobius_tui_amend__h_nargs=0
_shtab_mobius_tui_amend___help_nargs=0
_shtab_mobius_tui_amend___write_nargs=0
_shtab_mobius_tui_stats__h_nargs=0
_shtab_mobius_tui_stats___help_nargs=0
_shtab_mobius_tui_stats___plain_nargs=0
_shtab_mobius_tui_stats___json_nargs=0
_shtab_mobius_tui_export__h_nargs=0
_shtab_mobius_tui_export___help_nargs=0
_shtab_mobius_tui_import_run__h_nargs=0
_shtab_mobius_tui_import_run___help_nargs=0
_shtab_mobius_tui_verify__h_nargs=0
_shtab_mobius_tui_verify___help_nargs=0
_shtab_mobius_tui_doctor__h_nargs=0
_shtab_mobius_tui_doctor___help_nargs=0
_shtab_mobius_tui_doctor___json_nargs=0
_shtab_mobius_tui_completions__h_nargs=0
_shtab_mobius_tui_completions___help_nargs=0
_shtab_mobius_tui_completions___install_nargs=0
_shtab_mobius_tui_paths__h_nargs=0
_shtab_mobius_tui_paths___help_nargs=0
_shtab_mobius_tui_pos_0_nargs=A...
_shtab_mobius_tui__h_nargs=0
_shtab_mobius_tui___help_nargs=0
_shtab_mobius_tui__V_nargs=0
_shtab_mobius_tui___version_nargs=0
_shtab_mobius_tui___ascii_nargs=0


# $1=COMP_WORDS[1]
_shtab_compgen_files() {
  compgen -f -- $1  # files
}

# $1=COMP_WORDS[1]
_shtab_compgen_dirs() {
  compgen -d -- $1  # recurse into subdirs
}

# $1=COMP_WORDS[1]
_shtab_replace_nonword() {
  echo "${1//[^[:word:]]/_}"
}

# set default values (called for the initial parser & any subparsers)
_set_parser_defaults() {
  local subparsers_var="${prefix}_subparsers[@]"
  sub_parsers=${!subparsers_var-}

  local current_option_strings_var="${prefix}_option_strings[@]"
  current_option_strings=${!current_option_strings_var}

  completed_positional_actions=0

  _set_new_action "pos_$completed_positional_actions" true
}

# $1=action identifier
# $2=positional action (bool)
# set all identifiers for an action's parameters
_set_new_action() {
  current_action="${prefix}_$(_shtab_replace_nonword $1)"

  local current_action_compgen_var=${current_action}_COMPGEN
  current_action_compgen="${!current_action_compgen_var-}"

  local current_action_choices_var="${current_action}_choices[@]"
  current_action_choices="${!current_action_choices_var-}"

  local current_action_nargs_var="${current_action}_nargs"
  if [ -n "${!current_action_nargs_var-}" ]; then
    current_action_nargs="${!current_action_nargs_var}"
  else
    current_action_nargs=1
  fi

  current_action_args_start_index=$(( $word_index + 1 - $pos_only ))

  current_action_is_positional=$2
}

# Notes:
# `COMPREPLY`: what will be rendered after completion is triggered
# `completing_word`: currently typed word to generate completions for
# `${!var}`: evaluates the content of `var` and expand its content as a variable
#     hello="world"
#     x="hello"
#     ${!x} -> ${hello} -> "world"
_shtab_mobius_tui() {
  local completing_word="${COMP_WORDS[COMP_CWORD]}"
  local previous_word="${COMP_WORDS[COMP_CWORD-1]}"
  local completed_positional_actions
  local current_action
  local current_action_args_start_index
  local current_action_choices
  local current_action_compgen
  local current_action_is_positional
  local current_action_nargs
  local current_option_strings
  local sub_parsers
  COMPREPLY=()

  local prefix=_shtab_mobius_tui
  local word_index=0
  local pos_only=0 # "--" delimiter not encountered yet
  _set_parser_defaults
  word_index=1

  # determine what arguments are appropriate for the current state
  # of the arg parser
  while [ $word_index -ne $COMP_CWORD ]; do
    local this_word="${COMP_WORDS[$word_index]}"

    if [[ $pos_only = 1 || " $this_word " != " -- " ]]; then
      if [[ -n $sub_parsers && " ${sub_parsers[@]} " == *" $this_word "* ]]; then
        # valid subcommand: add it to the prefix & reset the current action
        prefix="${prefix}_$(_shtab_replace_nonword $this_word)"
        _set_parser_defaults
      fi

      if [[ " ${current_option_strings[@]} " == *" $this_word "* ]]; then
        # a new action should be acquired (due to recognised option string or
        # no more input expected from current action);
        # the next positional action can fill in here
        _set_new_action $this_word false
      fi

      if [[ "$current_action_nargs" != "*" ]] && \
         [[ "$current_action_nargs" != "+" ]] && \
         [[ "$current_action_nargs" != "?" ]] && \
         [[ "$current_action_nargs" != *"..." ]] && \
         (( $word_index + 1 - $current_action_args_start_index - $pos_only >= \
            $current_action_nargs )); then
        $current_action_is_positional && let "completed_positional_actions += 1"
        _set_new_action "pos_$completed_positional_actions" true
      fi
    else
      pos_only=1 # "--" delimiter encountered
    fi

    let "word_index+=1"
  done

  # Generate the completions

  COMPREPLY=()
  if [[ $pos_only = 0 && "$completing_word" == -* &&
        ( -z "$current_action_compgen" || "$current_action_is_positional" = true ) ]]; then
    # optional argument started: use option strings
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
      compgen -W "${current_option_strings[*]}" -- "$completing_word")
  elif [[ "$previous_word" =~ ^[0-9\&]*[\<\>]\>?$ ]]; then
    # handle redirection operators
    compopt -o filenames 2>/dev/null || : # bash>=4
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$completing_word")
  else
    # use choices & compgen
    local action_compgen_word="$completing_word"
    # handle tab-completing in the middle of a line (#248 <- #116)
    [[ -n "$current_action_compgen" && "$completing_word" == -* ]] && action_compgen_word=""
    [ -n "$current_action_compgen" ] && {
      [[ "$current_action_compgen" =~ _(file|dir|glob|FILE|DIR|GLOB)|File|Dir|Glob ]] &&
        compopt -o filenames 2>/dev/null || : # bash>=4
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
        "$current_action_compgen" "$action_compgen_word")
    }
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
      compgen -W "${current_action_choices[*]}" -- "$completing_word")
  fi

  if [[ ${#COMPREPLY[@]} = 0 ]]; then
    # native fallback matches are not necessarily filenames (e.g. variables)
    compopt +o filenames 2>/dev/null || : # bash>=4
  fi

  return 0
}

# $1=what the names begin with; then their kind, and the words that they depend on.
# `program` is the word that was typed.
_mobius_tui_names() {
  local name begin=$1
  shift
  while IFS= read -r name; do
    [[ $name == "$begin"* ]] && printf '%s\n' "$name"
  done < <("$program" names "$@" 2>/dev/null </dev/null)
}
_mobius_tui_runbooks() { _mobius_tui_names "$1" runbooks; }
_mobius_tui_runs() { _mobius_tui_names "$1" runs; }
# They depend on the words before, which stand here with the signs that quote them.
_mobius_tui_parts() {
  local words=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
  _mobius_tui_names "$1" "$2" "${words[@]//[\\\"\']/}"
}
_mobius_tui_profiles() { _mobius_tui_parts "$1" profiles; }
_mobius_tui_steps() { _mobius_tui_parts "$1" steps; }

# readline parts words at `=`. Those that stand together are joined again, but for an
# option and its value: they are two words for what completes them.
_mobius_tui() {
  local program=${1/#'~/'/"$HOME/"} line=$COMP_LINE words=() word last i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]} last=$((${#words[@]} - 1))
    if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
      words+=("$word")
    elif [[ $word == = && ${words[last]} == --* ]]; then
      words+=("")
    else
      words[last]+=$word
    fi
    line=${line#*"$word"}
  done
  local COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1))
  compopt -o nosort 2>/dev/null # runs stand newest first; bash 3 sorts them
  _shtab_mobius_tui
}

complete -o bashdefault -o default -F _mobius_tui mobius-tui
