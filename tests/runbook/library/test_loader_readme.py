"""The examples of the format's reference are true."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from mobius_tui.run.attempts.attempt_files import read_outputs
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.runbook.decode.decode_steps import ACTION_KEYS
from mobius_tui.runbook.library.loader import examine, load
from mobius_tui.runbook.model.actions import Choose, Run
from mobius_tui.runbook.model.check_kinds import CHECK_KINDS, kind_of
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.provided_names import ProvidedFact
from tests.paths import ROOT

README = ROOT / "runbooks" / "README.md"
TEXT = README.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
WHOLE = [example for example in EXAMPLES if example.startswith("format = ")]


@pytest.fixture
def runbooks(tmp_path: Path) -> list[Runbook]:
    """All whole examples, decoded."""
    found = []
    for number, example in enumerate(WHOLE):
        path = tmp_path / f"{number}.toml"
        path.write_text(example, encoding="utf-8")
        found.append(load(path))
    return found


@pytest.mark.parametrize("example", WHOLE, ids=lambda text: text.split('"')[1])
def test_a_whole_example_is_valid_without_a_doubt(tmp_path: Path, example: str) -> None:
    path = tmp_path / "example.toml"
    path.write_text(example, encoding="utf-8")
    runbook, problems = examine(path, thorough=True)
    said = [problem.render() for problem in problems]
    only = ["unused-variable", "unreached-phase"]
    assert runbook is not None, said
    assert [each.render() for each in problems if each.code not in only] == []


def test_a_part_of_an_example_is_toml() -> None:
    parts = [example for example in EXAMPLES if example not in WHOLE]
    assert len(parts) >= 3
    for part in parts:
        tomllib.loads(part)


def test_there_is_an_example_of_each_action_and_check(runbooks: list[Runbook]) -> None:
    steps = [step for runbook in runbooks for step in runbook.steps()]
    actions = {type(step.action) for step in steps if step.action is not None}
    assert len(actions) == len(ACTION_KEYS) - 1  # a playbook is in place of a script
    kinds = {kind_of(check) for step in steps for check in step.checks}
    assert kinds == set(CHECK_KINDS)
    runs = [step.action for step in steps if isinstance(step.action, Run)]
    assert any(run.follow for run in runs)
    assert any(run.tty for run in runs)
    assert any(run.playbook for run in runs)
    decisions = [step.action for step in steps if isinstance(step.action, Choose)]
    assert {each.from_ is None for each in decisions} == {True, False}


def test_what_the_example_of_a_list_finds_can_be_chosen(
    runbooks: list[Runbook], tmp_path: Path
) -> None:
    steps = {
        s.id: s for book in runbooks if book.id == "steps-example" for s in book.steps()
    }
    lists, decides = steps["find-backup"].action, steps["choose-backup"].action
    assert isinstance(lists, Run)
    assert isinstance(decides, Choose)
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("1.zip", "1.zip.sha256", "2.zip", "2.zip.sha256", "3.zip"):
        (folder / name).write_text("x")
    attempt = AttemptDirectory(tmp_path)
    env = {**os.environ, "RUNBOOK_OUTPUT": str(attempt.outputs)}
    command = ("bash", "-euo", "pipefail", "-c", lists.script)
    subprocess.run(command, cwd=tmp_path, env=env, check=True)
    offered = decides.offered(read_outputs(attempt)["backups"])
    assert [(each.value, each.title) for each in offered] == [
        ("", "3.zip"),
        (f"{folder}/2.zip", "2.zip"),
        (f"{folder}/1.zip", "1.zip"),
    ]
    assert all(each.why for each in offered)


def test_every_provided_name_is_explained() -> None:
    for name in ProvidedFact:
        assert f"`${{{name}}}`" in TEXT


def test_the_links_inside_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", t.lower()).replace(" ", "-") for t in titles}
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) <= anchors
