"""Which check saw which fault: the table, and what a program gets."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from mobius_tui.cli import main
from mobius_tui.commands.command_line import build_parser
from mobius_tui.commands.support.drill_matrix_command import (
    options_of_each_drill,
    print_matrix,
)
from mobius_tui.drill.detection_coverage import DetectionMatrix, MatrixColumn
from mobius_tui.drill.detections import CheckKey, DetectionCounts, Subject
from mobius_tui.drill.drill_score import Score
from mobius_tui.drill.faults import FAULTS
from mobius_tui.sanitize import cells
from mobius_tui.structs import replace
from tests.drill.drills import HANDLED, drill
from tests.paths import ROOT

README = ROOT / "runbooks" / "README.md"
NAMES = ("a", "b", "c", "d")
SUBJECTS = tuple(
    Subject(key=CheckKey(n, 0), name=f"1.1 {n}", text_digest="t", kind="http")
    for n in NAMES
)


def sight(name: str, *, red: bool) -> DetectionCounts:
    return DetectionCounts(
        key=CheckKey(name, 0), text="t", red=int(red), green=int(not red)
    )


@pytest.fixture
def found() -> DetectionMatrix:
    one = replace(
        drill(HANDLED),
        seen=(sight("a", red=True), sight("b", red=False)),
        wrecked=(sight("b", red=True), sight("c", red=False)),
    )
    left = Score(handled=False, left=("mobius-worker is failed",))
    two = replace(drill(left, days=1), seen=(sight("b", red=False),))
    columns = (
        MatrixColumn(fault="bad-release", drill=one),
        MatrixColumn(fault="dead-worker", drill=two),
        MatrixColumn(fault="flapping", drill=None, problem="the host failed"),
    )
    return DetectionMatrix(
        runbook="mobius-rollback", columns=columns, subjects=SUBJECTS
    )


def test_what_is_said_of_the_matrix_is_said_of_each_of_its_drills() -> None:
    def each(*words: str) -> list[str]:
        parsed = build_parser().parse_args(["drill", "--matrix", *words])
        return options_of_each_drill(parsed)

    words = ["--rehearse-undo", "--site", "kind", "--manual", "tick", "--var", "a=b"]
    assert each(*words) == words
    assert each() == []


@pytest.mark.parametrize("option", ["--keep", "--send", "--dry-run"])
def test_what_makes_no_sense_for_many_drills_is_refused(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "--matrix", option]) == 2
    assert f"{option}: only for a drill by itself" in capsys.readouterr().err


def test_the_table(found: DetectionMatrix) -> None:
    assert list(found.lines()) == [
        " 1 bad-release        handled, restored after 4:00",
        " 2 dead-worker        not handled: mobius-worker is failed",
        " 3 flapping           no score: the host failed",
        " W the wreck of a site: what stays green there cannot turn red",
        "",
        f"{'x red, . green, blank: nobody looked':46}  1  2  3  W",
        f"{'1.1 a':46}  x",
        f"{'1.1 b':46}  .  .     x",
        f"{'1.1 c':46}           .",
        "1.1 d",
        "",
        "never seen red: 2 of 4",
        "  1.1 c",
        "  1.1 d",
    ]
    assert not found.is_handled
    assert replace(found, columns=found.columns[:1]).is_handled


def test_the_columns_of_a_wide_name_are_those_of_the_others(
    found: DetectionMatrix,
) -> None:
    wide = replace(SUBJECTS[0], name="1.1 \u6570\u636e\u5e93" + "\u5e93" * 30)
    for name in ("1.1 \u6570\u636e\u5e93", wide.name):
        one = replace(found, subjects=(replace(wide, name=name), *SUBJECTS[1:]))
        row = list(one.lines())[6]
        assert cells(row.partition("x")[0]) == 48
        assert row.endswith("x")


def test_for_programs(
    found: DetectionMatrix, capsys: pytest.CaptureFixture[str]
) -> None:
    print_matrix(found, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert (said["runbook"], said["handled"]) == ("mobius-rollback", False)
    faults = [(f["fault"], f["handled"], f["left"]) for f in said["faults"]]
    assert faults == [
        ("bad-release", True, []),
        ("dead-worker", False, ["mobius-worker is failed"]),
        ("flapping", False, ["the host failed"]),
    ]
    assert said["subjects"][1] == {
        "key": "check b 0",
        "name": "1.1 b",
        "red_by": [],
        "red_on_a_wreck": True,
        "green_in": ["bad-release", "dead-worker"],
    }
    assert said["never_red"] == ["check c 0", "check d 0"]


def test_a_fault_that_there_is_not_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["drill", "--matrix", "--fault", "moon"]) == 2
    assert "there is no such fault" in capsys.readouterr().err


def test_the_recipe_of_a_nightly_rehearsal_asks_for_what_there_is() -> None:
    text = README.read_text(encoding="utf-8").partition("## A nightly rehearsal")[2]
    script = text.partition("```bash")[2].partition("```")[0]
    said = re.findall(
        r"^mobius-tui (.*?)(?: > \S+)?(?: \|\| .*)?$", script, re.MULTILINE
    )
    assert [words.split()[0] for words in said] == ["drill", "check", "runs"]
    for words in said:
        build_parser(words.split()).parse_args(words.split())


@pytest.mark.drills
def test_every_fault_is_handled_and_nothing_stays_unseen() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mobius_tui", "drill", "--matrix", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert [each["fault"] for each in said["faults"]] == list(FAULTS)
    assert said["never_red"] == []
    red = {each["key"]: set(each["red_by"]) for each in said["subjects"]}
    assert "slow-release" in red["trigger api p95_latency"]
    assert "error-burst" in red["trigger api error_rate"]
    assert "flapping" in red["trigger api success_rate"]
    assert "bad-release" in red["trigger api consecutive_failures"]
    assert "lying-health" in red["probe api"]
