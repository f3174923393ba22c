"""Decoding `[targets.NAME]`, and `hosts` of a step: its target and its batches."""

from __future__ import annotations

import re
from collections import Counter
from typing import cast

from mobius_tui.runbook.decode.value_readers import id_rule, read_fields, read_one_of
from mobius_tui.runbook.model.actions import Run, StepAction
from mobius_tui.runbook.model.keys import HOST_SHARE_PATTERN, ID_PATTERN
from mobius_tui.runbook.model.limits import HOST_SHARES
from mobius_tui.runbook.model.targets import (
    ACCOUNT_PATTERN,
    BATCH_SIZE_PATTERN,
    ENGINES,
    HOME_ONLY,
    MAX_CLAIM_PLACES,
    Between,
    Engine,
    HostRollout,
    RunsAtOnce,
    Target,
    named_hosts,
)
from mobius_tui.runbook.text.host_patterns import (
    MAX_HOST_PATTERN,
    BadHostError,
    expand_range,
    host_name_problem,
)
from mobius_tui.runbook.text.template_text import is_template
from mobius_tui.runbook.text.units import parse_duration
from mobius_tui.runbook.toml.table_reader import TomlTable

CLAIM_PLACE_PATTERN = re.compile(r"(?:~|(?=/))(?:/[\w.@+-]{1,100}){0,10}", re.ASCII)
"""A folder on a host, without what a shell there would read as more than its name."""
KEYS_OF_HOSTS = ("become", "batch", "between", "on_unreachable", "engine")
"""Keys that belong to a step with `hosts` alone."""


def read_targets(root: TomlTable) -> dict[str, tuple[Target, TomlTable]]:
    """The `[targets.NAME]` tables by name."""
    if not root.has_since(2, "targets"):
        return {}
    return {
        name: (_target(name, table), table)
        for name, table in root.tables_by_name("targets")
    }


def read_limits(root: TomlTable) -> RunsAtOnce:
    """The `[limits]` table."""
    table = root.table("limits") if root.has_since(2, "limits") else None
    if table is None:
        return RunsAtOnce()
    return RunsAtOnce(**read_fields(table, RunsAtOnce))


def _target(name: str, table: TomlTable) -> Target:
    if not ID_PATTERN.fullmatch(name):
        words = f"a target's name {id_rule(name)}, unlike {name[:40]!r}"
        table.report(words)
    target = Target(
        name=name,
        **read_fields(table, Target, but=("claims_in",)),
        claims_in=_claims_in(table),
    )
    if is_template(target.connect_timeout):
        words = "`connect_timeout` is a duration: hosts are asked before values are"
        table.report(f"{words} known", "connect_timeout")
    if table.has("ssh_config") and not target.ssh_config.strip():
        table.report("`ssh_config` is a file of ssh's, as ~/.ssh/config", "ssh_config")
    if target.ignore_vars and not target.inventory:
        table.report("`ignore_vars` are variables of an inventory", "ignore_vars")
    if table.has("inventory") and not target.inventory.strip():
        table.report("`inventory` is a file, a directory or a script", "inventory")
    problems = [host_name_problem(host) for host in target.first]
    for index, problem in enumerate(problems):
        if problem:
            table.report(problem, "first", index)
    for host in (host for host, n in Counter(target.first).items() if n > 1):
        table.report(f"`{host}` goes `first` twice", "first")
    if table.has("hosts") and not any(not h.startswith("!") for h in target.hosts):
        if not table.owner("hosts").node["hosts"] or target.hosts:
            words = "`hosts` names no host: what is empty never means all of them"
            table.report(words, "hosts")
        return target
    if len(":".join(target.hosts)) > MAX_HOST_PATTERN * 4:
        table.report("`hosts` is too long: name ranges, or an inventory", "hosts")
    elif not target.inventory and target.hosts and not any(problems):
        _report_names(target, table)
    return target


def _claims_in(table: TomlTable) -> tuple[str, ...]:
    """The folders on hosts for claims."""
    if not table.has("claims_in"):
        return HOME_ONLY
    places = table.text_list("claims_in")
    for index, place in enumerate(places):
        if not CLAIM_PLACE_PATTERN.fullmatch(place) or ".." in place.split("/"):
            words = "`claims_in` are folders on the hosts, such as ~ or /dev/shm"
            table.report(words, "claims_in", index)
    if not places and table.owner("claims_in").node["claims_in"]:
        return HOME_ONLY
    if not 0 < len(set(places)) == len(places) <= MAX_CLAIM_PLACES:
        words = f"`claims_in` are 1 to {MAX_CLAIM_PLACES} folders, each named once"
        table.report(words, "claims_in")
        return HOME_ONLY
    return places


def _report_names(target: Target, table: TomlTable) -> None:
    """Report what is wrong with names for ssh, each at its entry."""
    wrong = False
    for index, entry in enumerate(target.hosts):
        if entry.startswith("!"):
            continue
        try:
            expand_range(entry)
        except BadHostError as error:
            table.report(str(error), "hosts", index)
            wrong = True
    if wrong:
        return
    try:
        named_hosts(target)
    except BadHostError as error:
        table.report(str(error), "hosts")


def read_rollout(step: TomlTable, action: StepAction | None) -> HostRollout | None:
    """The hosts that a step runs on, and how; None for this machine."""
    if not step.has_since(2, "hosts"):
        if not step.has("hosts"):
            for key in step.present_keys(*KEYS_OF_HOSTS):
                step.report(f"`{key}` belongs to a step with `hosts`", key)
        return None
    _report_misuse(step, action)
    plays = isinstance(action, Run) and bool(action.playbook)
    given = read_fields(step, HostRollout, but=("engine",))
    engine = read_one_of(step, "engine", ENGINES, "ansible" if plays else "ssh")
    if plays and engine != "ansible":
        step.report("a playbook is played by Ansible alone", "engine")
    if engine == "ansible" and isinstance(action, Run) and action.follow:
        step.report("by Ansible nothing is seen of a script before its end", "follow")
    become = step.text("become")
    if step.has("become") and become and not ACCOUNT_PATTERN.fullmatch(become):
        step.report("`become` is the name of a user, such as root", "become")
    return HostRollout(
        **given,
        become=become,
        batch=_batch(step),
        between=_between(step),
        max_failed=_max_failed(step),
        engine=cast("Engine", engine),
    )


def _batch(step: TomlTable) -> tuple[str, ...]:
    """The sizes of the batches: numbers of hosts, or shares of all hosts."""
    if not step.has("batch"):
        return ("100%",)
    sizes = step.text_list("batch", example='["1", "25%", "100%"]')
    given = step.owner("batch").node["batch"]
    if isinstance(given, list) and not given:
        step.report('`batch` is empty: it is like ["1", "25%", "100%"]', "batch")
    for index, size in enumerate(sizes):
        if not BATCH_SIZE_PATTERN.fullmatch(size):
            words = 'a number of hosts or a share of all, such as "5" or "25%"'
            step.report(f"`batch` has {words}; not {size[:20]!r}", "batch", index)
            return ("100%",)
    if "100%" in sizes[:-1]:
        index = sizes.index("100%")
        words = "no host is left after 100%, for the sizes that follow it"
        step.report(words, "batch", index + 1)
    return sizes or ("100%",)


def _max_failed(step: TomlTable) -> str:
    """How many hosts may have failed: a number, with or without quotes, or a share."""
    key = "max_failed"
    words = HOST_SHARES[key]
    value = step.value(key, (str, int), words)
    if value is None:
        return "0"
    text = step.text(key, filled=True) if isinstance(value, str) else str(value)
    if is_template(text) or HOST_SHARE_PATTERN.fullmatch(text):
        return text
    step.report(f"`{key}` is {words}", key)
    return "0"


def _between(step: TomlTable) -> Between:
    """The condition for the next batch: nothing, a person, or health for a time."""
    words = '"none", "person" or { healthy = "2m", within = "15m" }'
    value = step.value("between", (str, dict), words)
    if isinstance(value, str):
        if value not in ("none", "person"):
            step.report(f"`between` is {words}", "between")
        return Between(person=value == "person")
    table = step.table("between") if isinstance(value, dict) else None
    if table is None:
        return Between()
    found = Between(**read_fields(table, Between))
    if is_template(found.healthy) or is_template(found.within):
        return found
    if parse_duration(found.within) < parse_duration(found.healthy):
        words = f"`within` ({found.within}) is over before {found.healthy} of health"
        table.report(f"{words}: it can never go on by itself")
    return found


def _report_misuse(step: TomlTable, action: StepAction | None) -> None:
    """Report what a step with hosts cannot have."""
    for key in step.present_keys("manual", "message", "choose", "watch"):
        words = "`hosts` is for `run`, `playbook` and checks"
        step.report(f"{words}; `{key}` is done once, by people or by this machine", key)
    if step.has("for_each"):
        words = "`for_each` and `hosts` both do a step several times: take one of them"
        step.report(words, "for_each")
    if step.present_keys("outputs"):
        step.report("each host would overwrite the values of the others", "outputs")
    if isinstance(action, Run) and action.tty:
        step.report("a terminal is for one program, and these are many", "tty")
    if not step.text("hosts").strip():
        step.report("`hosts` is the name of a target: [targets.NAME]", "hosts")
