"""What is told of a runbook is told by the keys of its file."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.model import actions, check_kinds, probes
from mobius_tui.runbook.model import runbook as model
from mobius_tui.runbook.model.check_kinds import CHECK_KINDS
from mobius_tui.runbook.model.key_table import ALIASES, KEYS
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.runbook_diff import (
    diff_runbooks,
    written_key,
    written_values,
)
from tests.paths import ROOT
from tests.table import each_row

README = (ROOT / "runbooks" / "README.md").read_text(encoding="utf-8")
STEP = "phase.step"
TABLES: dict[type[Struct], str] = {
    model.Variable: "var.NAME",
    model.Contact: "contact",
    model.Message: "message",
    model.Channel: "channel",
    model.Phase: "phase",
    model.Step: STEP,
    model.ForEach: STEP,
    model.Retry: f"{STEP}.retry",
    model.Approve: f"{STEP}.approve",
    model.Link: f"{STEP}.links",
    actions.Run: STEP,
    actions.Manual: STEP,
    actions.Ask: f"{STEP}.ask",
    actions.SendMessage: STEP,
    actions.Choose: STEP,
    actions.Option: f"{STEP}.choose.option",
    actions.Watch: STEP,
    probes.Probe: "health.probe",
    probes.Triggers: "health.trigger",
    probes.SuccessRate: "health.trigger.success_rate",
    probes.P95Latency: "health.trigger.p95_latency",
    probes.ErrorRate: "health.trigger.error_rate",
    probes.Figure: "health.probe.p95",
    probes.Health: "health",
    check_kinds.Repeat: f"{STEP}.check.http",
    **{kind: f"{STEP}.check.{name}" for name, kind in CHECK_KINDS.items()},
}
"""The table of a file in which the keys of each part of the model stand."""


def is_key(table: str, path: str) -> bool:
    """Whether a dotted path leads from a table of the format to a key of it."""
    for part in filter(lambda each: not each.isdecimal(), path.split(".")):
        name = f"{table}.{part}" if table else part
        shape = KEYS.get(table, {}).get(part)
        if shape is None:
            return False
        if name not in KEYS and name not in ALIASES:
            return True  # a value, or names that the author gives
        table = ALIASES.get(name, name)
    return True


@each_row("part", TABLES)
def test_each_field_of_the_model_is_a_key_of_the_reference(part: type[Struct]) -> None:
    for field in part.__struct_fields__:
        key = written_key(part, field)
        if key:  # a check is called by its kind, which is another class
            assert is_key(TABLES[part], key), (field, key)


def test_all_that_the_reference_shows_is_told_by_its_keys() -> None:
    told: set[str] = set()
    for example in re.findall(r"^```toml\n(format = .*?)^```$", README, re.M | re.S):
        found = book(example)
        health = (found.health,) if found.health is not None else ()
        steps = [step for phase in found.written_phases for step in phase.steps]
        for part in (*found.variables.values(), *health, *found.phases, *steps):
            for key, value in written_values(part):
                assert is_key(TABLES[type(part)], key), (part, key)
                assert isinstance(value, (str, int, float, tuple)), (part, key)
                told.add(key)
    wanted = {"check.http.url", "check.port.2.closed", "for_each.run", "watch.for"}
    assert told >= {*wanted, "ask.var", "choose.option.2.title", "choose.from.run"}


JUDGED = """
format = 2
[runbook]
title = "Judged"
[[step]]
title = "Change"
run = "{0}"
check.port = ["localhost:{1}", "localhost:81"]
undo = {{ run = "systemctl start {0}", check.run = "ls {1}" }}
"""


def test_a_change_names_no_field_of_ours() -> None:
    first, second = JUDGED.format("ls", 80), JUDGED.format("rm x", 82)
    found = diff_runbooks(book(first.replace("undo", "#")), book(second))
    assert [(each.kind, each.part, each.name) for each in found] == [
        ("edited", "step", "change"),
        ("added", "undo", "change"),
    ]
    assert [row for row in found[0].lines if row[0] in "+-"] == [
        *("-run = ls", "-effect = read", "-check.port.at = localhost:80"),
        *("+run = rm x", "+effect = destroy", "+check.port.at = localhost:82"),
    ]
    third = second.replace("systemctl start", "service").replace("ls 82", "ls 83")
    (undo,) = diff_runbooks(book(second), book(third))
    assert (undo.part, undo.name) == ("undo", "change")
    assert {row for row in undo.lines if row[0] in "+-"} == {
        *("-run = systemctl start rm x", "+run = service rm x"),
        *("-check.run.script = ls 82", "+check.run.script = ls 83"),
    }


def book(text: str) -> Runbook:
    found, problems = decode_runbook(Path("x.toml"), text.encode(), lambda _: ("", b""))
    assert found is not None, [each.render() for each in problems]
    return found
