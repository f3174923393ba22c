"""A script as a playbook of two tasks: connect, then run. Pure.

The module is `command` with the script on its standard input, as the other ways break a
promise: with `raw` and `script`, an exit of 255 is reported as unreachable; with the
environment of a task, values show in the host's list of processes. The host needs
Python.

The script's output is collected in a file there until it ends, so that stdout and
stderr are in order, and freed of bytes that are not UTF-8, on which ansible-core 2.19
fails the task.

The task that only connects comes first, so that "unreachable" at it means that nothing
ran.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from mobius_tui.run.fleet.claim_request import export_line

CONNECT_TASK, RUN_TASK = "connect", "run"
"""The names of the tasks."""
STANDARD_INPUT_VARIABLE = "mobius_standard_input"
"""The Ansible variable with the standard input of each host's shell, by host name."""
TIMEOUT_EXIT_STATUS = 124
"""The exit status of `timeout`."""
SCRIPT_PLAYBOOK = f"""\
- name: script
  hosts: all
  gather_facts: false
  tasks:
    - name: {CONNECT_TASK}
      ansible.builtin.raw: "true"
      changed_when: false
    - name: {RUN_TASK}
      ansible.builtin.command:
        argv: [sh, -s]
        stdin: "{{{{ {STANDARD_INPUT_VARIABLE}[inventory_hostname] }}}}"
"""


def script_standard_input(
    script: str,
    shell: tuple[str, ...],
    values: Mapping[str, str],
    *,
    nonce: str,
    timeout: float | None,
) -> str:
    """The text that `sh -s` reads on a host: it sets values, and runs a script.

    Args:
        script: in a private file on the host while it runs.
        shell: the command that runs it.
        values: its environment.
        nonce: ends the script in the text: a line that no script has.
        timeout: seconds; kept where the host has `timeout`.

    Raises:
        RunError: a value cannot be given to a shell.
    """
    words = shlex.join(shell)
    limit = ""
    if timeout is not None:
        seconds = f"{max(timeout, 0.01):.2f}"
        limit = f"command -v timeout > /dev/null && set -- timeout -k 5 {seconds}\n"
    exports = "".join(f"{export_line(each)}\n" for each in values.items())
    return f"""\
mobius_script=$(mktemp) && mobius_output=$(mktemp) || exit
trap 'rm -f "$mobius_script" "$mobius_output"' EXIT
cat > "$mobius_script" <<'{nonce}'
{script}
{nonce}
set --
{limit}({exports}"$@" {words} "$mobius_script" < /dev/null > "$mobius_output" 2>&1)
mobius_status=$?
if command -v iconv > /dev/null; then iconv -c -f UTF-8 -t UTF-8 "$mobius_output"
else cat "$mobius_output"; fi
exit $mobius_status
"""
