"""The briefing says who else will see the run, before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.drill.own_staging import make_own_staging_folder
from mobius_tui.run.client.probe_preview import preview_probes
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.structs import replace
from mobius_tui.tui.presenters.briefing_fields import (
    effect_fields,
    preflight_fields,
    summary_fields,
)
from tests.tui import briefings
from tests.tui.runs import ROLLBACK


@pytest.mark.parametrize(
    ("group", "acts", "said"),
    [
        (None, False, None),
        ("ops", False, "group ops may read it, and approve"),
        ("ops", True, "group ops may read it, approve, and act on it"),
    ],
)
def test_a_group_that_may_read_or_act_is_named(
    group: str | None, acts: bool, said: str | None
) -> None:
    briefing = replace(briefings.drill(), share=group, share_control=acts)
    found = {field.label: field.content.plain for field in summary_fields(briefing)}
    assert found.get("shared") == said


def test_only_what_cannot_leave_its_site_says_that_nothing_real_is_touched(
    tmp_path: Path,
) -> None:
    make_own_staging_folder(tmp_path / "site", (), env={}, workdir=tmp_path)

    def mode(path: Path, site: Path) -> str:
        briefing = replace(briefings.drill(), runbook=load(path), site=str(site))
        found = {field.label: field.content.plain for field in summary_fields(briefing)}
        return found["mode"]

    ours = bundled_folder() / "mobius-rollback.toml"
    assert "nothing real is touched" in mode(ours, tmp_path)
    assert "runs as it is written" in mode(ROLLBACK, tmp_path), "the same name, edited"
    assert "real commands" in mode(ours, tmp_path / "site")
    assert "nothing real" not in mode(ours, tmp_path / "site")


def test_the_clients_of_checks_are_among_what_was_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "book.toml"
    path.write_text(
        "format = 2\n[runbook]\ntitle = 'R'\nrequires = ['true']\n"
        "[[step]]\ntitle = 'S'\n"
        "check.sql = { url = 'mysql://', query = 'select 1', is = 1 }\n"
    )
    briefing = prepare_briefing(load(path), given={}, workdir=tmp_path)
    fields = preflight_fields(replace(briefing, problems=()))
    assert fields[0].content.plain == "true, mysql or mariadb"


async def test_no_command_of_a_probe_is_run_before_begin(tmp_path: Path) -> None:
    path = tmp_path / "book.toml"
    path.write_text(
        "format = 2\n[runbook]\ntitle = 'R'\n[var.x]\ndefault = '.'\n[[step]]\n"
        "run = 'true'\n[[health.probe]]\nid = 'a'\ncheck.file = '${x}'\n"
        "[[health.probe]]\nid = 'b'\ncheck.run = 'touch ran'\n"
        "[[health.probe]]\nid = 'c'\ncheck.service = 'x'\nhosts = 'web'\n"
        "[targets.web]\nhosts = ['web-1']\n"
    )
    briefing = prepare_briefing(load(path), given={}, workdir=tmp_path)
    by_file, by_command, on_hosts = await preview_probes(briefing, {})
    assert on_hosts.state == "no data"
    assert on_hosts.words == "its hosts are looked at once the run has begun"
    assert (by_file.state, by_file.words) == ("ok", "${x} exists")
    assert by_command.state == "no data"
    assert by_command.words == "its command is run once the run has begun"
    assert not (tmp_path / "ran").exists()


UNDONE = """format = 2
[runbook]
title = "T"
[[step]]
title = "One"
run = "touch a"
undo = "rm a"
[[step]]
title = "Two"
run = "touch b"
undo = "none: it is one"
[[step]]
run = "ls"
"""


def test_what_can_be_undone_is_counted_apart(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(UNDONE)
    fields = effect_fields(load(tmp_path / "x.toml"))
    assert [(field.label, field.content.plain) for field in fields] == [
        ("main", "reads 1 · changes 2"),
        ("undo", "1 of 2 changes can be undone"),
    ]


def test_what_is_looked_at_as_it_begins_is_said_before_begin(tmp_path: Path) -> None:
    looks = "[[step]]\ntitle = 'S'\nwhen.check.file = '/x'\nrun = 'ls'\n"
    path = tmp_path / "x.toml"
    found = []
    for count in (0, 1, 2):
        plain = "[[step]]\ntitle = 'T'\nrun = 'ls'\n"
        head = "format = 2\n[runbook]\ntitle = 'R'\n"
        steps = (looks.replace("S", f"S{number}") for number in range(count))
        path.write_text(head + plain + "".join(steps))
        fields = effect_fields(load(path))[1:]
        found.append([(field.label, field.content.plain) for field in fields])
    words = "only if that is seen, looked at when it begins"
    one, two = f"1 step applies {words}", f"2 steps apply {words}"
    assert found == [[], [("when", one)], [("when", two)]]
