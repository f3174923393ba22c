# This file has the completions of mobius-tui; `mobius-tui completions` prints it.
# `python -m tests.completions` makes it of the command line, by shtab.

# Custom Preamble
# $argv=kind of the names. The program is the word that was typed.
function _mobius_tui_names
  set -l words (commandline -opc)
  set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
  contains -- $argv profiles steps; or set words
  $program names $argv $words[2..] 2>/dev/null </dev/null
end
# End Custom Preamble

# Parse current commandline:
# - _shtab_mobius_tui_cmdpath=(sub)command path seen so far
# - _shtab_mobius_tui_npos=number of positional arguments given after it
# - options are skipped based on _shtab_mobius_tui_opts_with_value & _shtab_mobius_tui_commands lists
function _shtab_mobius_tui_scan
  set -g _shtab_mobius_tui_cmdpath ''
  set -g _shtab_mobius_tui_npos 0
  set -l tokens (commandline -opc)
  set -e tokens[1]
  set -l expect_value 0
  for t in $tokens
    if test $expect_value -eq 1
      set expect_value 0
      continue
    end
    switch "$t"
      case '--*=*'
        continue
      case '-*'
        if contains -- $t $_shtab_mobius_tui_opts_with_value
          set expect_value 1
        end
        continue
      case '*'
        if test $_shtab_mobius_tui_npos -eq 0
          set -l candidate $t
          if test -n "$_shtab_mobius_tui_cmdpath"
            set candidate "$_shtab_mobius_tui_cmdpath $t"
          end
          if contains -- $candidate $_shtab_mobius_tui_commands
            set -g _shtab_mobius_tui_cmdpath $candidate
            continue
          end
        end
        set -g _shtab_mobius_tui_npos (math $_shtab_mobius_tui_npos + 1)
    end
  end
end

# Condition helper: true if the current (sub)command path equals the given one.
function _shtab_mobius_tui_using
  _shtab_mobius_tui_scan
  test "$_shtab_mobius_tui_cmdpath" = "$argv"
end

set -g _shtab_mobius_tui_commands demo run resume takeover undo approve watch drill new import check hosts schema upgrade runs review report annotate diff amend stats export import-run verify doctor completions paths
set -g _shtab_mobius_tui_opts_with_value --answers --as --at --by --deny --duration --environment --explain --fault --format --fresh --from --head --heal --hint --hosts --inject --inject-cmd --limit --log-dir --manual --mode --outcome --output --profile --replay --runbook --seed --share --since --site --step --target --to --trigger --var --without --workdir --worsen -o

complete -c mobius-tui -e
complete -c mobius-tui -f

complete -c mobius-tui -n _shtab_mobius_tui_using -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n _shtab_mobius_tui_using -s V -l version -d 'say which version this is'
complete -c mobius-tui -n _shtab_mobius_tui_using -l ascii -d 'draw with letters and signs of ASCII alone'
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a demo -d 'Rehearse on a small MOBIUS of its own; touches nothing real.'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l var -x -d 'a variable'"'"'s value'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l auto -d 'run the main line by itself'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l manual -xka "stop skip tick" -d 'what --auto does with manual steps'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l answers -xka "(__fish_complete_path (commandline -ct))" -d 'what --auto answers to questions'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l yes -d 'confirm destroy steps beforehand'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l dry-run -d 'show the whole plan'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l plain -d 'lines, not a screen'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l ascii -d 'draw with letters and signs of ASCII alone'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l json -d 'the journal'"'"'s lines as they come'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l keep -d 'keep the site afterwards'
complete -c mobius-tui -n '_shtab_mobius_tui_using demo' -l hosts -x -d 'sites that play this many of the runbook'"'"'s hosts, 2 to 20'
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a run -d 'Run a runbook.'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l var -x -d 'a variable'"'"'s value'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l auto -d 'run the main line by itself'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l manual -xka "stop skip tick" -d 'what --auto does with manual steps'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l answers -xka "(__fish_complete_path (commandline -ct))" -d 'what --auto answers to questions'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l yes -d 'confirm destroy steps beforehand'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l dry-run -d 'show the whole plan'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l plain -d 'lines, not a screen'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l ascii -d 'draw with letters and signs of ASCII alone'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l json -d 'the journal'"'"'s lines as they come'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l profile -xka "(_mobius_tui_names profiles)" -d 'values for an environment'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l workdir -xka "(__fish_complete_directories)" -d 'where commands run'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l mode -xka "incident maintenance" -d 'what the run is for'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l limit -x -d 'only these of the hosts of its steps'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l although-running -d 'with --auto'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l check-playbooks -d 'with --dry-run'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l share -x -d 'a group that may read the run and approve'
complete -c mobius-tui -n '_shtab_mobius_tui_using run' -l share-control -d 'and act on it'
complete -c mobius-tui -n '_shtab_mobius_tui_using run; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d runbook
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a resume -d 'Go on with an open run.'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -l without -x -d 'go on without a secret that is not known any more, on record'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -l plain -d 'lines, not a screen'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -l ascii -d 'draw with letters and signs of ASCII alone'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -l json -d 'the journal'"'"'s lines as they come'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -l auto -d 'run the main line by itself'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -l manual -xka "stop skip tick" -d 'what --auto does with manual steps'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -l answers -xka "(__fish_complete_path (commandline -ct))" -d 'what --auto answers to questions'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume' -l yes -d 'confirm destroy steps beforehand'
complete -c mobius-tui -n '_shtab_mobius_tui_using resume; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a takeover -d 'Go on with a run in a copy of it, in place of where it was.'
complete -c mobius-tui -n '_shtab_mobius_tui_using takeover' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using takeover' -l from -x -d 'from where'
complete -c mobius-tui -n '_shtab_mobius_tui_using takeover; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a undo -d 'Show what could be undone in a run, newest first; with --yes, undo it.'
complete -c mobius-tui -n '_shtab_mobius_tui_using undo' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using undo' -l to -xka "(_mobius_tui_names steps)" -d 'back to this step, which is undone, too'
complete -c mobius-tui -n '_shtab_mobius_tui_using undo' -l yes -d 'undo it, and confirm what destroys and what stays'
complete -c mobius-tui -n '_shtab_mobius_tui_using undo' -l plain -d 'lines, as it is without it, too'
complete -c mobius-tui -n '_shtab_mobius_tui_using undo' -l without -x -d 'go on without a secret that is not known any more, on record'
complete -c mobius-tui -n '_shtab_mobius_tui_using undo; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a approve -d 'Say as a second person that a step may begin, or may not.'
complete -c mobius-tui -n '_shtab_mobius_tui_using approve' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using approve' -l step -xka "(_mobius_tui_names steps)" -d 'which, where several wait'
complete -c mobius-tui -n '_shtab_mobius_tui_using approve' -l as -x -d 'who approves, in the login that asked'
complete -c mobius-tui -n '_shtab_mobius_tui_using approve' -l deny -x -d 'say no, and why'
complete -c mobius-tui -n '_shtab_mobius_tui_using approve; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a watch -d 'Watch a runbook'"'"'s health, and roll back if armed.'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l var -x -d 'a variable'"'"'s value'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l profile -xka "(_mobius_tui_names profiles)" -d 'values for an environment'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l workdir -xka "(__fish_complete_directories)" -d 'where commands run'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l duration -x -d 'how long'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l auto-rollback -d armed
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l yes -d 'confirm --auto-rollback in a protected environment'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l keep-watching -d 'go on when a trigger has fired, until the time is over'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l detach -d 'go on when this terminal, or this command, has gone'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l log-dir -xka "(__fish_complete_directories)" -d 'where the log of the checks goes'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l replay -xka "(__fish_complete_path (commandline -ct))" -d 'watch nothing'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l trigger -x -d 'with --replay, another threshold'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l plain -d 'lines, not a screen'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l ascii -d 'draw with letters and signs of ASCII alone'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch' -l json -d 'lines and summary for programs'
complete -c mobius-tui -n '_shtab_mobius_tui_using watch; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d runbook
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a drill -d 'Rehearse a runbook on a broken site.'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l send -d 'send its messages to the real channels, marked [DRILL]'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l fault -xka "bad-release slow-release error-burst flapping lying-health stuck-service thin-backup config-drift no-config-backup stale-process bad-migration dead-worker corrupt-backup missing-checksum rollback-fails half-restored prompting-script npm-missing second-rollback pruned-backups wrong-environment list random" -d 'what breaks, such as bad-release'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l seed -x -d 'equal seeds make equal sites'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l try-checks -d 'look at every check before the run, and on a wreck of the site after it'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l rehearse-undo -d 'undo each step that says how, and do it again'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l matrix -d 'drill every fault, or those named'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l site -xka "real rich kind" -d 'what the site is like'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l environment -x -d 'which of its environments breaks, production or staging beside it'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l confined -d 'where it can write to its site alone and reach no machine'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l inject -xka "(_mobius_tui_names runs)" -d 'lead a drill that is under way, the newest without RUN'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l worsen -xka "bad-release slow-release error-burst flapping lying-health stuck-service thin-backup config-drift no-config-backup stale-process bad-migration dead-worker corrupt-backup missing-checksum rollback-fails half-restored prompting-script npm-missing second-rollback pruned-backups wrong-environment" -d 'with --inject'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l heal -xka "bad-release slow-release error-burst flapping lying-health stuck-service thin-backup config-drift no-config-backup stale-process bad-migration dead-worker corrupt-backup missing-checksum rollback-fails half-restored prompting-script npm-missing second-rollback pruned-backups wrong-environment" -d 'with --inject'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l hint -x -d 'with --inject'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l inject-cmd -xka "(__fish_complete_path (commandline -ct))" -d 'break a staging of your own, by your own commands, in place of the site'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l profile -xka "(_mobius_tui_names profiles)" -d 'with --inject-cmd'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l workdir -xka "(__fish_complete_directories)" -d 'with --inject-cmd'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l var -x -d 'a variable'"'"'s value'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l auto -d 'run the main line by itself'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l manual -xka "stop skip tick" -d 'what --auto does with manual steps'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l answers -xka "(__fish_complete_path (commandline -ct))" -d 'what --auto answers to questions'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l yes -d 'confirm destroy steps beforehand'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l dry-run -d 'show the whole plan'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l plain -d 'lines, not a screen'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l ascii -d 'draw with letters and signs of ASCII alone'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l json -d 'the journal'"'"'s lines as they come'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l keep -d 'keep the site afterwards'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill' -l hosts -x -d 'sites that play this many of the runbook'"'"'s hosts, 2 to 20'
complete -c mobius-tui -n '_shtab_mobius_tui_using drill; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d runbook
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a new -d 'Write a small runbook that works, to begin with.'
complete -c mobius-tui -n '_shtab_mobius_tui_using new' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a import -d 'Make a runbook of a Markdown page, or say where they have parted.'
complete -c mobius-tui -n '_shtab_mobius_tui_using import' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using import' -s o -l output -xka "(__fish_complete_path (commandline -ct))" -d 'the runbook to write'
complete -c mobius-tui -n '_shtab_mobius_tui_using import' -l force -d 'replace a file that is there'
complete -c mobius-tui -n '_shtab_mobius_tui_using import' -l check -d 'write nothing'
complete -c mobius-tui -n '_shtab_mobius_tui_using import' -l explain -d 'write nothing'
complete -c mobius-tui -n '_shtab_mobius_tui_using import' -l json -d 'for programs'
complete -c mobius-tui -n '_shtab_mobius_tui_using import; and test $_shtab_mobius_tui_npos -eq 0' -ka "(__fish_complete_path (commandline -ct))" -d page.md
complete -c mobius-tui -n '_shtab_mobius_tui_using import; and test $_shtab_mobius_tui_npos -eq 1' -ka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d runbook
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a check -d 'Find what is wrong with runbook files.'
complete -c mobius-tui -n '_shtab_mobius_tui_using check' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using check' -l explain -xka "syntax-error self-match effect-too-low swallowed-failure check-cannot-fail unattended destroy-unchecked no-environment no-timeout no-undo sum-elsewhere relative-path lost-variable misspelt-variable unquoted-variable empty-path endless-command needs-terminal background prompt finds-nothing curl-without-fail request-without-limit placeholder secret destroy-at-once tolerant-canary skipped-unchecked unused-target empty-value no-value-yet unused-variable unreached-phase main-line-key tty-not-optional slow-probe trigger-never-fires limit-above-timeout no-witness watch-without-trigger short-watch secret-default default-not-filled toml-escape script-too-long bad-ignore list" -d 'what a warning means'
complete -c mobius-tui -n '_shtab_mobius_tui_using check' -l ids -d 'list the phases and steps with their ids'
complete -c mobius-tui -n '_shtab_mobius_tui_using check' -l fresh -x -d 'exit 1 when no drill handled its fault within this time, such as 30d'
complete -c mobius-tui -n '_shtab_mobius_tui_using check' -l format -xka "text json sarif github" -d 'how the findings are written'
complete -c mobius-tui -n '_shtab_mobius_tui_using check' -l json -d 'the same as --format json'
complete -c mobius-tui -n '_shtab_mobius_tui_using check; and test $_shtab_mobius_tui_npos -ge 0' -ka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d runbook
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a hosts -d 'List the hosts that steps run on, and ask who answers.'
complete -c mobius-tui -n '_shtab_mobius_tui_using hosts' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using hosts' -l step -xka "(_mobius_tui_names steps)" -d 'the hosts of that step'
complete -c mobius-tui -n '_shtab_mobius_tui_using hosts' -l target -x -d 'the hosts of that target'
complete -c mobius-tui -n '_shtab_mobius_tui_using hosts' -l limit -x -d 'those of them that it names'
complete -c mobius-tui -n '_shtab_mobius_tui_using hosts' -l probe-hosts -d 'ask each for all that a run needs'
complete -c mobius-tui -n '_shtab_mobius_tui_using hosts' -l json -d 'for programs'
complete -c mobius-tui -n '_shtab_mobius_tui_using hosts; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d runbook
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a schema -d 'Print the JSON schema of runbooks, for an editor.'
complete -c mobius-tui -n '_shtab_mobius_tui_using schema' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using schema' -s o -l output -xka "(__fish_complete_path (commandline -ct))" -d 'the file to write, which is replaced'
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a upgrade -d 'Rewrite a runbook of an older format in the newest one.'
complete -c mobius-tui -n '_shtab_mobius_tui_using upgrade' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using upgrade' -l dry-run -d 'print the changes'
complete -c mobius-tui -n '_shtab_mobius_tui_using upgrade; and test $_shtab_mobius_tui_npos -eq 0' -ka "(__fish_complete_path (commandline -ct))" -d file
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a runs -d 'List runs, newest first.'
complete -c mobius-tui -n '_shtab_mobius_tui_using runs' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using runs' -l json -d 'for programs'
complete -c mobius-tui -n '_shtab_mobius_tui_using runs' -l drills -d 'drills that are over, with their scores'
complete -c mobius-tui -n '_shtab_mobius_tui_using runs' -l runbook -xka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d 'only those of this runbook'
complete -c mobius-tui -n '_shtab_mobius_tui_using runs' -l by -x -d 'only those that this account began'
complete -c mobius-tui -n '_shtab_mobius_tui_using runs' -l mode -xka "incident drill maintenance" -d 'only those of this kind'
complete -c mobius-tui -n '_shtab_mobius_tui_using runs' -l outcome -xka "completed failed abandoned incomplete open imported damaged 'never began'" -d 'one of'
complete -c mobius-tui -n '_shtab_mobius_tui_using runs' -l since -x -d 'begun since then'
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a review -d 'Look back on a run: what happened when, and how it was then.'
complete -c mobius-tui -n '_shtab_mobius_tui_using review' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using review; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a report -d 'Write what happened in a run: Markdown, HTML, JSON or JUnit.'
complete -c mobius-tui -n '_shtab_mobius_tui_using report' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using report' -l format -xka "md html json junit" -d 'how it is written'
complete -c mobius-tui -n '_shtab_mobius_tui_using report' -s o -xka "(__fish_complete_path (commandline -ct))" -d 'the file to write'
complete -c mobius-tui -n '_shtab_mobius_tui_using report' -l schema -d 'print the shape of --format json'
complete -c mobius-tui -n '_shtab_mobius_tui_using report; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a annotate -d 'Add a note to a run that is over, beside its journal.'
complete -c mobius-tui -n '_shtab_mobius_tui_using annotate' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using annotate' -l at -x -d 'the moment'
complete -c mobius-tui -n '_shtab_mobius_tui_using annotate' -l step -xka "(_mobius_tui_names steps)" -d 'the step that it is on'
complete -c mobius-tui -n '_shtab_mobius_tui_using annotate' -l from -x -d 'where a range begins'
complete -c mobius-tui -n '_shtab_mobius_tui_using annotate' -l to -x -d 'where it ends'
complete -c mobius-tui -n '_shtab_mobius_tui_using annotate; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a diff -d 'Say what changed in a runbook since a run.'
complete -c mobius-tui -n '_shtab_mobius_tui_using diff' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using diff; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using diff; and test $_shtab_mobius_tui_npos -eq 1' -ka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d runbook
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a amend -d 'Write what was improvised in a run into its runbook.'
complete -c mobius-tui -n '_shtab_mobius_tui_using amend' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using amend' -l step -x -d 'which, such as 1 for !1'
complete -c mobius-tui -n '_shtab_mobius_tui_using amend' -s o -l output -xka "(__fish_complete_path (commandline -ct))" -d 'write another file'
complete -c mobius-tui -n '_shtab_mobius_tui_using amend' -l write -d 'write the runbook'"'"'s own file'
complete -c mobius-tui -n '_shtab_mobius_tui_using amend; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a stats -d 'Say what all runs of a runbook say of it, step by step.'
complete -c mobius-tui -n '_shtab_mobius_tui_using stats' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using stats' -l plain -d 'lines, not a screen'
complete -c mobius-tui -n '_shtab_mobius_tui_using stats' -l json -d 'for programs'
complete -c mobius-tui -n '_shtab_mobius_tui_using stats; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runbooks; __fish_complete_suffix .toml)" -d runbook
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a export -d 'Write a run into one file, for somebody else.'
complete -c mobius-tui -n '_shtab_mobius_tui_using export' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using export' -s o -xka "(__fish_complete_path (commandline -ct))" -d 'the file to write'
complete -c mobius-tui -n '_shtab_mobius_tui_using export; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a import-run -d 'Take in a run that was exported elsewhere.'
complete -c mobius-tui -n '_shtab_mobius_tui_using import-run' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using import-run' -l head -x -d 'the head that you were given with it'
complete -c mobius-tui -n '_shtab_mobius_tui_using import-run; and test $_shtab_mobius_tui_npos -eq 0' -ka "(__fish_complete_path (commandline -ct))" -d file
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a verify -d 'Prove that a run was not edited.'
complete -c mobius-tui -n '_shtab_mobius_tui_using verify' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using verify' -l head -x -d 'a head that you kept elsewhere'
complete -c mobius-tui -n '_shtab_mobius_tui_using verify; and test $_shtab_mobius_tui_npos -eq 0' -ka "(_mobius_tui_names runs)" -d run
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a doctor -d 'Say whether this machine and login are fit for a run.'
complete -c mobius-tui -n '_shtab_mobius_tui_using doctor' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using doctor' -l json -d 'for programs'
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a completions -d 'Print what lets a shell complete commands, options and names.'
complete -c mobius-tui -n '_shtab_mobius_tui_using completions' -s h -l help -d 'show this help message and exit'
complete -c mobius-tui -n '_shtab_mobius_tui_using completions' -l install -d 'write them where the shell looks for yours, and say what is left to do'
complete -c mobius-tui -n '_shtab_mobius_tui_using completions; and test $_shtab_mobius_tui_npos -eq 0' -ka "bash zsh fish" -d 'bash, zsh or fish'
complete -c mobius-tui -n '_shtab_mobius_tui_using; and test $_shtab_mobius_tui_npos -eq 0' -a paths -d 'Say where files are kept.'
complete -c mobius-tui -n '_shtab_mobius_tui_using paths' -s h -l help -d 'show this help message and exit'
