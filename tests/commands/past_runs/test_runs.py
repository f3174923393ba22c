"""`mobius-tui runs`, and which of them are wanted."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import UsageError
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.storage.run_index import all_runs, run_by_name
from mobius_tui.run.storage.state_folders import runs_root
from tests.drill.drills import HANDLED, directory_of, drill
from tests.review.story import begun, story

DAY = 86400.0


@pytest.fixture
def _runs() -> None:
    now = time.time()
    story(runs_root(), at=now - 40 * DAY)
    story(runs_root(), at=now - 20 * DAY, mode=Mode.DRILL)
    begun(runs_root(), at=now - DAY)


@pytest.mark.usefixtures("_runs")
@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("", 3),
        ("--mode drill", 1),
        ("--mode incident", 2),
        ("--outcome open", 1),
        ("--outcome incomplete", 2),
        ("--since 30d", 2),
        ("--since 36h", 1),
        ("--since 2020-01-01", 3),
        ("--runbook story", 3),
        ("--runbook other", 0),
        ("--by maria", 3),
        ("--by bob --since 30d", 0),
        ("--runbook story --mode incident --since 6w --outcome incomplete", 1),
        ("--drills --since 30d", 0),
    ],
)
def test_which_are_listed(
    words: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--json", *words.split()]) == 0
    assert len(json.loads(capsys.readouterr().out)) == count
    assert main(["runs", *words.split()]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == count
    assert (not count) == bool(err)


@pytest.mark.parametrize(
    "words", ["--since yesterday", "--since 99999-01-01", "--mode war", "--outcome odd"]
)
def test_what_means_nothing_is_refused(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["runs", *words.split()])
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(("words", "count"), [("", 1), ("drill", 1), ("incident", 0)])
def test_of_a_mode_the_drills_that_are_listed_are_all_or_none(
    words: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    directory_of(drill(HANDLED))
    mode = ["--mode", words] if words else []
    assert main(["runs", "--drills", "--json", *mode]) == 0
    assert len(json.loads(capsys.readouterr().out)) == count


def test_drills_that_are_not_wanted_are_not_said_to_be_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["runs", "--drills"]) == 0
    assert "no drill is over yet that has a score" in capsys.readouterr().err
    directory_of(drill(HANDLED))
    for words in ("--runbook other", "--mode incident", "--since 1h"):
        assert main(["runs", "--drills", *words.split()]) == 0
        said = capsys.readouterr()
        assert said.out == ""
        assert "none of the 1 drills with a score is like that" in said.err


def test_a_folder_is_a_run_wherever_an_id_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story(runs_root(), at=time.time() - DAY)
    [kept] = all_runs(runs_root())
    shutil.copytree(kept.path, tmp_path / "d9")
    shutil.copytree(kept.path, tmp_path / "story")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("d9", "./d9", "d9/", str(tmp_path / "d9"), kept.id, kept.id[5:]):
        folder = kept.path if name in kept.id else tmp_path / "d9"
        assert run_by_name(runs_root(), name).path == folder.resolve(), name
    monkeypatch.chdir(tmp_path / "d9")
    assert run_by_name(runs_root(), ".").path == (tmp_path / "d9").resolve()
    monkeypatch.chdir(tmp_path)
    assert run_by_name(runs_root(), "d9").id == "d9"
    assert main(["report", "d9", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)
    wrong = {
        "story": f"'story' could be any of: {kept.id}, ./story; give more",
        "empty": "no run 'empty', and ./empty holds no journal.jsonl; `mobius-tui",
        "nope": "no run 'nope'; `mobius-tui runs` lists them",
        "n" * 5000: "nnn'; `mobius-tui runs` lists them",
        "n/" * 5000: "is no run: there is no journal.jsonl in it",
    }
    for name, words in wrong.items():
        with pytest.raises(UsageError) as refused:
            run_by_name(runs_root(), name)
        assert words in str(refused.value)
