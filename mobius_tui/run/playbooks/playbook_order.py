"""What Ansible is given: the order of an attempt, and the files of each of its plays.

Values are written as YAML that Ansible never treats as templates (`!unsafe`).
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from mobius_tui.errors import RunError
from mobius_tui.folders import sync_folder
from mobius_tui.run.fleet.claim_request import export_line
from mobius_tui.run.fleet.fleet_lines import OrderedHost
from mobius_tui.run.fleet.host_output import output_path
from mobius_tui.run.storage.play_files import (
    PLAYS_FOLDER,
    PlayFiles,
    PlayHost,
    plays_of_attempt,
)
from mobius_tui.run.storage.redaction import secret_literals
from mobius_tui.run.storage.run_directory import create_file
from mobius_tui.run.storage.state_folders import make_folder
from mobius_tui.run.targets.resolved_hosts import TargetHost

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


def yaml_unsafe_scalar(text: str, name: str) -> str:
    """A text as a scalar that Ansible never takes for a template.

    `{{ … }}` in a value would be executed on this machine: a value may be what a step
    printed.

    Args:
        text: any.
        name: what it is, for an error.

    Raises:
        RunError: it has bytes that are no text.
    """
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise RunError(f"{name} has bytes that are no UTF-8, which Ansible cannot take")
    return f'!unsafe "{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character in '"\\' or not 0x20 <= code < 0x7F:
        return f"\\U{code:08x}"
    return character


def yaml_unsafe_mapping(texts: Mapping[str, str], indent: str = "") -> str:
    """Texts by their names, a line each.

    Raises:
        RunError: one has bytes that are no text.
    """
    rows = []
    for name, text in texts.items():
        key = "".join(map(_escaped, name))
        rows.append(f'{indent}"{key}": {yaml_unsafe_scalar(text, name)}\n')
    return "".join(rows)


class PlaybookOrder(Struct, frozen=True, kw_only=True):
    """One attempt of a step by Ansible: what is the same for all of its batches."""

    folder: str
    """The attempt's folder, absolute; outputs go to `hosts/NAME/output` in it."""
    hosts: tuple[TargetHost, ...]
    """All hosts of the attempt."""
    program: str
    """`ansible-playbook`, absolute; see `find_ansible`."""
    workdir: str
    """The folder of the runbook: playbook and inventory are named from there, and an
    `ansible.cfg` in it counts."""
    env: Mapping[str, str]
    """The whole environment of Ansible, with `ATTEMPT_MARK`."""
    playbook: str = ""
    """Its file; empty if a script is run in place of one."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The variables that a playbook is given, with secrets."""
    script: str = ""
    shell: tuple[str, ...] = ()
    """What runs the script, whose path is its last argument."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The script's environment on each host, with secrets."""
    inventory: str = ""
    """The target's; empty where `hosts` are names for ssh."""
    become: str = ""
    """The user that it runs as there; empty for who logs in."""
    forks: int = 25
    """Hosts that Ansible is busy with at the same time."""
    timeout: float | None = None
    """Seconds: of a playbook for each batch, of a script for each host."""
    max_output: int = 1 << 20
    """Bytes of output, for each host."""
    secrets: tuple[str, ...] = ()
    """What is redacted from all that Ansible says, in every form."""
    check_mode: bool = False
    """Whether nothing is to be changed: `--check --diff`."""
    umask: int = 0o022
    clock_offset: float = 0.0
    """Seconds that the run's time is ahead of this machine's, by which events go."""

    @property
    def is_script(self) -> bool:
        """Whether a script is run, by a playbook of ours, instead of a playbook."""
        return not self.playbook

    @property
    def batch_timeout(self) -> float | None:
        """Seconds for a batch; for scripts, a bound beyond the limit kept on each host.

        Hosts beyond `forks` wait for others, and Ansible itself takes a while for each.
        """
        if self.timeout is None or not self.is_script:
            return self.timeout
        rounds = -(-len(self.hosts) // self.forks)
        return rounds * (self.timeout + ROUND_OVERHEAD)


ROUND_OVERHEAD = 60.0
"""Seconds that `batch_timeout` adds to a script's limit, for each `forks` hosts."""


CALLBACK_PLUGIN_FOLDER = Path(__file__).with_name("assets")
"""The folder of the callback plugin, and of nothing else: Ansible loads all of it."""
MAX_EVENT_TEXT_LENGTH = 64 << 10
"""Characters of one text in an event at most, where a playbook is played."""


def write_play(order: PlaybookOrder, hosts: Sequence[OrderedHost]) -> PlayFiles:
    """Make the files of the next play of an attempt; blocking.

    Raises:
        RunError: a host is not of the attempt, or a value cannot be given.
        OSError: they cannot be written.
    """
    folder = Path(order.folder)
    known = {host.name: host for host in order.hosts}
    if strangers := [each.name for each in hosts if each.name not in known]:
        raise RunError(f"{strangers[0]!r} is no host of this attempt")
    with suppress(FileExistsError):
        make_folder(folder / PLAYS_FOLDER)
    earlier = plays_of_attempt(folder)
    number = int(earlier[-1].path.name) + 1 if earlier else 1
    files = PlayFiles(folder / PLAYS_FOLDER / str(number))
    make_folder(files.path)
    names = [each.name for each in hosts]
    create_file(files.limit, "".join(f"{name}\n" for name in names).encode())
    items = [_inventory_item(known[name], order) for name in names]
    _write_json(files.inventory, {"all": {"hosts": dict(items)}})
    if order.is_script:
        create_file(files.playbook, SCRIPT_PLAYBOOK.encode())
    _write_private(files.variables, _variables(order, hosts))
    _write_private(
        files.plugin_settings, json.dumps(_plugin_orders(order, files, names))
    )
    _write_json(files.hosts, [_play_host(each, folder) for each in hosts])
    sync_folder(files.path)
    return files


def _play_host(host: OrderedHost, folder: Path) -> Mapping[str, Any]:
    try:
        begin = output_path(folder, host.name).stat().st_size
    except FileNotFoundError:
        begin = 0
    return asdict(PlayHost(name=host.name, attempt=host.attempt, output_begin=begin))


def _inventory_item(
    host: TargetHost, order: PlaybookOrder
) -> tuple[str, Mapping[str, Any]]:
    """A host's entry in the inventory, with the address that was resolved and shown."""
    found: dict[str, Any] = {}
    if host.address != host.name or not order.inventory:
        found["ansible_host"] = host.address
    if host.user:
        found["ansible_user"] = host.user
    if host.port is not None:
        found["ansible_port"] = host.port
    return host.name, found


def _variables(order: PlaybookOrder, hosts: Sequence[OrderedHost]) -> str:
    if not order.is_script:
        return yaml_unsafe_mapping(order.variables) or "{}\n"
    nonce = f"END-{secrets.token_hex(16)}"
    texts = {
        each.name: script_standard_input(
            order.script,
            order.shell,
            {**order.values, **each.values},
            nonce=nonce,
            timeout=order.timeout,
        )
        for each in hosts
    }
    return f"{STANDARD_INPUT_VARIABLE}:\n{yaml_unsafe_mapping(texts, '  ')}"


def _plugin_orders(
    order: PlaybookOrder, files: PlayFiles, names: Sequence[str]
) -> Mapping[str, Any]:
    return {
        "events": str(files.events),
        "hosts": names,
        "secrets": secret_literals(order.secrets),
        "told": str(files.told_secrets),
        "limit": order.max_output if order.is_script else MAX_EVENT_TEXT_LENGTH,
        "remove": [str(files.variables)],
    }


def _write_json(path: Path, data: object) -> None:
    create_file(path, json.dumps(data, indent=1).encode() + b"\n")


def _write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, even where the run is shared."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(text.encode())


def play_command(order: PlaybookOrder, files: PlayFiles) -> str:
    """The script that the keeper runs: without secrets, as it stays on the disk."""
    words = [order.program, "--limit", f"@{files.limit}", "--forks", str(order.forks)]
    if order.inventory:
        words += ["-i", str(Path(order.workdir, order.inventory))]
    words += ["-i", str(files.inventory), "-e", f"@{files.variables}"]
    if order.become:
        words += ["--become", "--become-user", order.become]
    if order.check_mode:
        words += ["--check", "--diff"]
    book = files.playbook if order.is_script else Path(order.workdir, order.playbook)
    return f"exec {shlex.join([*words, '--', str(book)])}\n"


def play_environment(order: PlaybookOrder, files: PlayFiles) -> Mapping[str, str]:
    """The environment of Ansible: the person's own, with the settings that we need."""
    own = order.env.get("ANSIBLE_CALLBACK_PLUGINS", "")
    found = {
        **order.env,
        "ANSIBLE_CALLBACK_PLUGINS": f"{CALLBACK_PLUGIN_FOLDER}:{own}"
        if own
        else str(CALLBACK_PLUGIN_FOLDER),
        "ANSIBLE_STDOUT_CALLBACK": "mobius_events",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_LOCAL_TEMP": str(files.temporary),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
        "MOBIUS_ORDERS": str(files.plugin_settings),
        "PYTHONUNBUFFERED": "1",
        "TERM": "dumb",
    }
    if order.is_script:
        # Values are in what the module is given: the host's log is not to have them,
        # and no file of Ansible's own there.
        found |= {"ANSIBLE_NO_TARGET_SYSLOG": "True", "ANSIBLE_PIPELINING": "True"}
    return found
