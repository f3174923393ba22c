"""Labels are held beside what stands under them, by check and by all who show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.runbook.library.loader import examine, load
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.page.convert import convert_page
from mobius_tui.runbook.page.write_toml import effect_from_script
from mobius_tui.runbook.toml.runbook_source import config_file
from tests.paths import CASES
from tests.runbook.runbook_texts import HEAD, STEP, found


def too_low(text: str, folder: Path) -> list[tuple[int, str]]:
    return [
        (line, message)
        for code, line, message in found(text, folder)
        if code == "effect-too-low"
    ]


def test_the_case_is_told_at_each_command() -> None:
    _, problems = examine(CASES / "authoring" / "eff.toml", thorough=True)
    told = [
        (each.line, each.column, each.message.split(", ")[0])
        for each in problems
        if each.code == "effect-too-low"
    ]
    assert told == [
        (13, 8, "`rm -rf /var/lib/pgsql/data` destroys"),
        (13, 36, "`kubectl delete ns prod` destroys"),
        (19, 8, "`dropdb prod` destroys"),
        (19, 21, "`terraform destroy -auto-approve` destroys"),
        (23, 14, "`rm -f /tmp/x` destroys"),
    ]


def test_the_label_that_fits_is_told(tmp_path: Path) -> None:
    text = "effect = 'read'\nrun = '''\nsystemctl stop x\nrm y\n'''"
    assert [message.rpartition(": ")[2] for _, message in too_low(text, tmp_path)] == [
        'effect = "destroy"',
        'effect = "destroy"',
    ]
    text = "effect = 'read'\nrun = './x.sh'"
    ((line, message),) = too_low(text, tmp_path)
    assert line == 2
    assert "what `./x.sh` does is not known, and counts as a change" in message
    assert message.endswith('effect = "change", or say in [commands] what it does')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("check.run = 'touch x'", "a check only reads"),
        ("check.run = './x.sh'", "say so in [commands], if it does"),
        ("check.run = { script = 'drop table x', shell = ['psql'] }", "destroys"),
        (
            "check.http = { url = 'http://x', method = 'POST' }",
            "POST changes",
        ),
        ("check.http = { url = 'http://localhost/x', method = 'DELETE' }", "destroys"),
    ],
)
def test_a_check_only_reads(text: str, words: str, tmp_path: Path) -> None:
    ((_, message),) = too_low(text, tmp_path)
    assert words in message


def test_a_probe_only_reads(tmp_path: Path) -> None:
    text = (
        "[health]\n[[health.probe]]\nid = 'a'\nurl = 'http://localhost/x'\n"
        f"method = 'DELETE'\n{STEP}manual = 'Look.'\n"
    )
    assert too_low(text, tmp_path) == [
        (5, "DELETE destroys, and a probe only reads: ask by GET or HEAD")
    ]


def test_a_runbook_says_what_its_own_commands_do(tmp_path: Path) -> None:
    own = "[commands]\n'./status.sh' = 'read'\n'deployctl history|diff' = 'read'\n"
    text = f"{own}{STEP}effect = 'read'\nrun = './status.sh && deployctl history x'\n"
    assert found(text, tmp_path) == []
    (tmp_path / "common.toml").write_text(
        f"format = 1\n{own}{STEP}effect = 'read'\nrun = './status.sh'\n"
    )
    path = tmp_path / "y.toml"
    path.write_text(f"{HEAD}[[phase]]\ninclude = 'common.toml#p'\n")
    assert examine(path, thorough=True)[1] == ()


def test_a_line_of_commands_that_is_none_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f"{HEAD}[commands]\nx = 'reads'\ny = 3\n{STEP}manual = 'x'\n")
    runbook, problems = examine(path)
    assert runbook is None
    assert [(each.line, each.message) for each in problems] == [
        (6, "`effect` of `x` is one of nothing, read, change, destroy"),
        (7, "`y` is an effect, or a table with one"),
    ]


def test_a_person_says_what_their_own_commands_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    config_file().parent.mkdir(parents=True)
    text = "effect = 'read'\nrun = 'deployctl history'"
    assert len(too_low(text, tmp_path)) == 1
    config_file().write_text("theme = 'nord'\n[commands]\n'deployctl history' = 'read'")
    assert too_low(text, tmp_path) == []
    config_file().write_text("[commands]\n'deployctl history' = 'reads'\nx = [")
    assert len(too_low(text, tmp_path)) == 1


def test_a_reason_in_the_script_is_heard_by_all(tmp_path: Path) -> None:
    text = (
        "effect = 'read'\nrun = '''\n"
        "# lint: ignore=effect-too-low it writes nothing\n./x.sh\nrm y\n'''"
    )
    ((line, warned),) = too_low(text, tmp_path)
    assert line == 5
    lines = list(
        dry_run_lines(prepare_briefing(load(tmp_path / "x.toml"), given={}), now=0.0)
    )
    assert [line for line in lines if "labelled" in line] == [
        f"! 1.1 S: {warned.partition(': effect =')[0]}"
    ], "check says the same"
    assert warned.startswith("`rm y` destroys, and the step is labelled `read`: ")
    assert too_low(text.replace("rm y\n", ""), tmp_path) == []
    lines = list(
        dry_run_lines(prepare_briefing(load(tmp_path / "x.toml"), given={}), now=0.0)
    )
    assert not [line for line in lines if "labelled" in line]


def test_what_destroys_wants_an_environment_named(tmp_path: Path) -> None:
    step = f"{STEP}effect = 'destroy'\nrun = 'rm x'\ntimeout = '1m'\ncheck.run = 'ls'\n"
    said = found(f"[var.v]\ndefault = 'x'\n{step}", tmp_path)
    assert ("no-environment", 9) in [each[:2] for each in said]
    named = f"environment = 'v'\n[var.v]\ndefault = 'x'\n{step}"
    assert found(named, tmp_path) == []


@pytest.mark.parametrize("name", ["e", "v", "w", "ap", "m"])
def test_no_page_is_labelled_lower_than_it_does(name: str, tmp_path: Path) -> None:
    page = (CASES / "import" / f"{name}.md").read_text(encoding="utf-8")
    path = tmp_path / "x.toml"
    made = convert_page(page, page_file=f"{name}.md", file="x.toml", id_source="x").text
    path.write_text(made, encoding="utf-8")
    runbook, problems = examine(path, thorough=True)
    assert runbook is not None
    assert "effect-too-low" not in [each.code for each in problems]
    if name in ("v", "w", "ap"):
        labels = [
            step.action.effect
            for step in runbook.steps()
            if isinstance(step.action, Run)
        ]
        assert set(labels) == {"destroy"}


def test_a_title_never_makes_a_label_lower() -> None:
    assert effect_from_script("rm x", "Look at it") == "destroy"
    assert effect_from_script("cp a b", "Restore the configuration") == "destroy"
    assert effect_from_script("ls", "Restore the configuration") == "read"
