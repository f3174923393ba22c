"""Reporting unknown keys, with hints also for the keys of other tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.table_reader import TomlTable

_Keys = tuple[tuple[str, str], ...]
"""Keys of other tools, separated by blanks, and what to write instead."""

_NAMED: _Keys = (("name label heading", "`title`"),)
_DESCRIBED: _Keys = (("description desc doc docs notes comment help", "`why`"),)
_VARIABLES = "[var.NAME], a table for each variable"
_HOSTS = "[targets.NAME] with `hosts`, and `hosts = 'NAME'` on its steps (format 2)"
_STEP: _Keys = (
    *_NAMED,
    *_DESCRIBED,
    ("command commands cmd script shell_command sh bash exec execute", "`run`"),
    (
        "action module task ansible uses_action",
        "`run`, `manual`, `message` or `choose`",
    ),
    ("instruction instructions text todo checklist", "`manual`"),
    ("depends_on depends dependencies after requires wait_for", "`needs`"),
    ("if condition only_if unless rules", "`when = { NAME = 'value' }`"),
    ("host target targets node nodes server delegate_to", _HOSTS),
    ("serial batches", '`batch = ["1", "25%", "100%"]`'),
    ("forks throttle max_parallel concurrency", "`parallel`"),
    ("max_fail_percentage max_errors", '`max_failed = "5%"`'),
    ("variables environment environ with inputs args", "`env`"),
    ("retries attempts", '`retry = { attempts = 3, every = "10s" }`'),
    ("interval delay period", "`every` in `retry`, or in the check"),
    (
        "ignore_errors continue_on_error allow_failure ignore_failure",
        '`on_failure = "continue"`',
    ),
    ("on_error rescue rollback on_fail", "`on_failure`, and the phase to enter"),
    ("verify validate test assert healthcheck", "[phase.step.check]"),
    (
        "sudo become_user user run_as",
        "`sudo -n` in the script, or `become` with `hosts`",
    ),
    ("register output outputs_to save_as", "`outputs`, which $RUNBOOK_OUTPUT takes"),
    ("notify send slack", "`message`, the id of a [[message]]"),
    ("confirm approval manual_approval approvers", "`approve = { role = 'x' }`"),
    ("prompt question input", "`manual` with `ask = { var = 'x' }`"),
    ("type kind level risk", '`effect = "read"`, "change" or "destroy"'),
    ("cwd chdir dir directory working_directory working_dir", "`cd DIR` in the script"),
    ("interpreter executable language", "`shell`"),
    ("exit_codes success_codes ok_codes", "`success`"),
    ("owner assignee responsible team", "`role`"),
    ("url urls references docs_url", "`links = [{ title = 'x', url = 'https://…' }]`"),
    ("max_time time_limit timeout_seconds deadline", '`timeout = "30s"`'),
    ("background daemon stream", "`follow = true`"),
    ("interactive pty terminal", "`tty = true`"),
)
_CHECK: _Keys = (
    ("command cmd script shell exec bash", "`run`; its `json` compares what it prints"),
    ("url uri endpoint get", "`http = { url = 'https://…' }`"),
    ("tcp socket connect", '`port = { at = "host:80" }`'),
    ("systemd unit units", "`service = { names = ['x'] }`"),
    ("sha256 hash md5", "`checksum`"),
    ("psql mysql mariadb sqlite sqlite3 database query postgres", "`sql`"),
    ("stdout contains regex", "`output = { match = 'x' }`"),
)
_HTTP: _Keys = (
    ("uri endpoint address", "`url`"),
    ("code status_code expected_status expect", "`status`"),
    ("text content match", "`contains`"),
    ("body data", "`json`, of what the answer holds, or `contains`"),
)
_REPEATED: _Keys = (
    ("retries tries count", "`attempts`"),
    ("interval delay period frequency", "`every`"),
    ("successes threshold success_threshold", "`consecutive`"),
    ("deadline max_duration within", "`for`"),
)
_PLACES: Mapping[str, _Keys] = {
    "": (
        ("name title id description owner", "in [runbook]"),
        (
            "tasks steps step jobs stages stage phases plays",
            "[[phase]], [[phase.step]]",
        ),
        ("vars variables variable inputs parameters params env", _VARIABLES),
        ("host hosts target inventory", _HOSTS),
        ("environments profiles", "[profile.NAME]"),
        ("probes checks monitors healthcheck", "[[health.probe]]"),
        ("notifications notify", "[[message]] and [[channel]]"),
        ("contacts oncall escalation", "[[contact]]"),
    ),
    "runbook": (
        *_NAMED,
        ("description desc about overview", "`summary`"),
        ("author authors owner maintainer maintainers team", "`owners`"),
        ("date last_updated modified", "`updated`"),
        ("tools programs dependencies needs", "`requires`"),
        ("cwd dir directory working_directory", "`workdir`"),
        ("vars variables inputs parameters", _VARIABLES),
        ("hosts host targets", _HOSTS),
    ),
    "phase": (
        *_NAMED,
        *_DESCRIBED,
        ("tasks task steps jobs actions", "[[phase.step]]"),
        ("host hosts targets", _HOSTS),
        ("when if condition", "`when` on each step"),
        ("on_failure rescue", "`on_failure` on a step"),
    ),
    "phase.step": _STEP,
    "phase.step.check": _CHECK,
    "phase.step.check.http": _HTTP,
    "phase.step.check.dns": (
        ("server nameserver resolver", '`at = "10.0.0.53:53"`'),
        ("is equals value address expect answer", "`records`"),
        ("host domain hostname", "`name`"),
    ),
    "phase.step.check.log": (
        ("path name", "`file`"),
        ("pattern regex appears contains wanted", "`match`"),
        ("absent unwanted without", "`not`"),
        ("within since duration", "`for`"),
    ),
    "phase.step.check.sql": (
        (
            "client driver engine host server dsn",
            "`url`, whose scheme names the client",
        ),
        ("database db path", "`url`, or `file` for SQLite"),
        ("password user", "`secrets` of the step, such as { PGPASSWORD = 'NAME' }"),
        ("equals expect value result json", "`is`"),
        ("statement sql script", "`query`"),
    ),
    "health.probe": (
        *_HTTP,
        ("interval period frequency", "`every` in [health]"),
        *_NAMED,
    ),
    "targets": (
        ("host names nodes servers members group groups", "`hosts`"),
        ("exclude except without", '`hosts = ["web-[1:9]", "!web-7"]`'),
        ("limit max maximum max_hosts", "`at_most`"),
        ("canary canaries", "`first`"),
        ("description label name", "`title`"),
        ("user port ssh_user ssh_port key", "in ~/.ssh/config, or in an inventory"),
        ("connection_timeout timeout", "`connect_timeout`"),
        ("retries connection_attempts attempts", "`tries`"),
        ("ssh_args proxy_jump proxyjump jump bastion", "`ssh_config`"),
    ),
    "var": (
        ("description desc name label prompt question", "`title`"),
        ("value initial", "`default`"),
        ("options values enum allowed one_of", "`choices`"),
        ("required input", "`ask = true`"),
        ("env environment env_var", "`from_env`"),
        ("sensitive masked password hidden private", "`secret = true`"),
    ),
}
"""By the dotted name of the table; `var` for every variable, `targets` for every
target."""


def equivalent_key(place: str, key: str) -> str:
    """This program's equivalent of a key that other runbook tools use.

    Empty if none is known.

    Args:
        place: the table's dotted name.
        key: the unknown key.
    """
    place = re.sub(r"^(var|targets)\..*", r"\1", place)
    place = re.sub(r"^step(?=\.|$)", "phase.step", place)
    place = re.sub(r"^phase\.step\.until(?=\.|$)", "phase.step.check", place)
    candidates = list(_PLACES.get(place, ()))
    if place.startswith("phase.step.check."):
        candidates += _REPEATED
    word = key.lower().replace("-", "_")
    return next((ours for keys, ours in candidates if word in keys.split()), "")


def report_unknown_keys(tables: Iterable[TomlTable]) -> None:
    """Report each key that was never asked for; tables that were not read are skipped.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    for table in tuple(tables):
        if not table.read_keys:
            continue
        for key in table.node:
            if key not in table.read_keys:
                table.report(
                    f"unknown key `{key}` in {table.name()}{_hint(table, key)}", key
                )


def _hint(table: TomlTable, key: str) -> str:
    """A hint where the key belongs, or which one was intended."""
    below = table
    while below.parent is not None:
        if key in below.parent.read_keys:
            return f"; it belongs {_in_parent(below, table)}"
        below = below.parent
    for child in table.children.values():
        if key in child.read_keys:
            return f"; it belongs in {child.name()}{_long_form(table, child, key)}"
    ours = equivalent_key(table.dotted(), key)
    return (
        f"; here that is {ours}" if ours else did_you_mean(key, sorted(table.read_keys))
    )


def _long_form(table: TomlTable, child: TomlTable, key: str) -> str:
    """How a table is written whose short form has no room for a key."""
    name = str(child.path[-1])
    if not isinstance(table.node.get(name), str) or len(child.node) != 1:
        return ""
    return f": `{name} = {{ {next(iter(child.node))} = …, {key} = … }}`"


def _in_parent(below: TomlTable, table: TomlTable) -> str:
    """The place of a key in an enclosing table, as text."""
    for header in (below, table):
        if header.path in header.document.positions.headers:
            return f"above {header.name()}"
    return f"to {below.parent.name()}" if below.parent is not None else ""
