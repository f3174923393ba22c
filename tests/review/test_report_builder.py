"""Reports: the same bytes for the same run, of any run, with nothing that is obeyed."""

from __future__ import annotations

import fcntl
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from mobius_tui.cli import main
from mobius_tui.errors import EXIT_INCOMPLETE
from mobius_tui.review.formats.json_report import report_schema
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_report import RunReport
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.events.watch_events import TriggerFired
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.sanitize import clean
from tests.review.forms import FORMS, GOLDENS, golden
from tests.review.story import BOOK, HOSTILE, SECRET, begun, checks, story
from tests.tui.runs import BEGAN, MadeRun

SHAPE = Draft202012Validator(
    json.loads(report_schema()), format_checker=Draft202012Validator.FORMAT_CHECKER
)


@pytest.fixture
def told(tmp_path: Path) -> RunReport:
    return build_report(story(tmp_path / "runs").directory)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another time zone."""
    monkeypatch.setenv("TZ", "Pacific/Chatham")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.usefixtures("elsewhere")
def test_golden(name: str, told: RunReport) -> None:
    """`python -m tests.review.goldens` renews them."""
    assert golden(name, told) == (GOLDENS / name).read_text(encoding="utf-8")


def fits(text: str) -> None:
    """Hold a report in JSON to the schema."""
    assert [error.message for error in SHAPE.iter_errors(json.loads(text))] == []


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json.loads(report_schema()))


def test_what_is_told(told: RunReport) -> None:
    assert told.damage == ()
    assert [(d.kind, d.step) for d in told.deviations] == [
        ("out of order", "clean"),
        ("unknown", "clean"),
        ("failed", "verify"),
        ("overridden", "verify"),
        ("failed", "roll"),
        ("skipped", "ask"),
    ]
    after = {each.name: each.after for each in told.measures}
    assert after == {
        "detected": 0,
        "acknowledged": 9,
        "decided": 31,
        "rollback": 55,
        "restored": 129,
        "steady": 139,
        "total": 212,
    }
    (roll,) = (step for step in told.steps() if step.id == "roll")
    (own,) = roll.tries
    assert "not found" in own.exit_words
    assert [(g.name, g.value) for g in own.given] == [
        ("backup", "a.zip"),
        ("token", "[secret]"),
    ]
    assert own.output == ("+ ./rollback.sh", "all pages answer 500", "100%")


def test_a_rollback_that_no_trigger_led_to_counts_from_the_beginning(
    tmp_path: Path,
) -> None:
    run = begun(tmp_path / "runs")
    run.write(StepStarted(step="unzip", attempt=1), after=30)
    fired = TriggerFired(
        probe="api", rule="consecutive_failures", reason="3 failures", seen=BEGAN + 30
    )
    run.write(fired, after=5, by="trigger")
    run.write(
        StepEnded(step="unzip", attempt=1, result=Status.PASSED, exit=0), after=100
    )
    run.health(checks(BEGAN))
    told = build_report(run.directory)
    assert not told.since_trigger
    assert {each.name: each.after for each in told.measures} == {
        "detected": 30,
        "acknowledged": None,
        "decided": 30,
        "rollback": 30,
        "restored": 160,
        "steady": 170,
        "total": None,
    }
    assert "no trigger led to what was done" in as_markdown(told)


def test_drills_before_it_are_beside_it_and_later_ones_are_not(tmp_path: Path) -> None:
    run = story(tmp_path / "runs")
    before = build_report(run.directory)
    record = (
        'mode = "drill"\nrunbook = "story"\nbegan = 2026-11-20T10:00:00Z\n'
        "ended = {}T10:02:00Z\n[outage]\nfired = 2026-11-20T10:00:10Z\n"
        "first_healthy = 2026-11-20T10:01:10Z\n"
    )
    for place, day in enumerate(("2026-11-20", "2027-01-01")):
        folder = tmp_path / "runs" / f"{day}T10-00-0{place}-story"
        folder.mkdir()
        (folder / "record.toml").write_text(record.format(day))
    told = build_report(run.directory)
    assert (before.drills, told.drills) == (0, 1)
    found = {each.name: [each.last, each.best] for each in told.measures}
    assert found["restored"] == [60, 60]
    assert found["total"] == [120, 120]
    assert "1:09 longer" in as_markdown(told)


def test_what_a_drill_came_to_stands_beside_how_its_run_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is completed may leave the site broken."""
    monkeypatch.setenv("STORY_TOKEN", SECRET)
    run = story(tmp_path / "runs")
    assert build_report(run.directory).drill == ()
    record = run.directory.path / "record.toml"
    record.write_text(
        '[score]\nhandled = false\nfaults = ["bad-release"]\nwrong = 3\n'
        f'left = ["bad-release: {SECRET}"]\nundo_proved = ["1.1 A", "1.2 B"]\n'
    )
    told = build_report(run.directory)
    assert told.drill == (
        "not handled; the fault was bad-release",
        "still wrong: bad-release: [redacted]",
        "undo proved: 1.1 A",
        "undo proved: 1.2 B",
    )
    assert "| Drill | not handled; the fault was bad-release |" in as_markdown(told)
    record.write_text("[score]\nfaults = []\n")
    [line] = build_report(run.directory).drill
    assert line == "not known: nobody looked at the site; no fault was injected"


@pytest.mark.parametrize("name", FORMS)
def test_a_secret_is_nowhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORY_TOKEN", SECRET)
    said = f"it prints {SECRET}, see https://ana:{SECRET[2:]}@example.org/"
    run = story(tmp_path / "runs", said=said)
    text = FORMS[name](build_report(run.directory))
    assert SECRET[2:] not in text
    assert "[redacted]" in text


def nothing_invisible(text: str) -> None:
    """Hold a text to what a terminal can only show."""
    assert clean(text, newlines=True) == text


@pytest.mark.parametrize("name", FORMS)
def test_nothing_hostile_is_left_raw(name: str, tmp_path: Path) -> None:
    told = build_report(story(tmp_path / "runs", said=HOSTILE).directory)
    text = FORMS[name](told)
    nothing_invisible(text)
    assert "owned" in text
    if name.endswith(".json"):
        fits(text)


def test_markdown_means_nothing_that_a_run_says(tmp_path: Path) -> None:
    told = build_report(story(tmp_path / "runs", said=HOSTILE).directory)
    text = as_markdown(told)
    reader = MarkdownIt("gfm-like")
    assert reader.linkify is not None
    reader.linkify.set({"fuzzy_link": False})  # a bare `a.test` is no link on GitHub
    page = reader.render(text)
    inner = [each for token in reader.parse(text) for each in token.children or ()]
    outside = "".join(each.content for each in inner if each.type == "text")
    assert not re.search(r"@\w|#\d|<|://|www", outside), "but in code"
    for mark in ("<a ", "<img", "<script", "<del", "<em>"):
        assert mark not in page
    plain = as_markdown(build_report(story(tmp_path / "more").directory))
    assert page.count("<td>") == reader.render(plain).count("<td>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_an_open_run_is_told_as_far_as_it_is(tmp_path: Path) -> None:
    run = begun(tmp_path / "runs")
    run.write(StepStarted(step="look", attempt=1), after=2)
    told = build_report(run.directory)
    assert (told.outcome, told.ended, told.damage) == ("open", None, ())
    assert told.steps()[0].status == "running"
    for form in FORMS.values():
        assert form(told)
    run.output("look", 1, "more\n")
    run.write(StepEnded(step="look", attempt=1, result=Status.PASSED, exit=0), after=2)
    assert build_report(run.directory).steps()[0].status == "passed"


def journal(tmp_path: Path) -> tuple[RunDirectory, bytes]:
    run = story(tmp_path / "runs")
    return run.directory, run.directory.journal.read_bytes()


def test_a_changed_byte_is_told(tmp_path: Path) -> None:
    directory, data = journal(tmp_path)
    middle = data.index(b"a.zip")
    directory.journal.write_bytes(data[:middle] + b"b" + data[middle + 1 :])
    told = build_report(directory)
    assert "the chain breaks here" in told.damage[0]
    assert "not as it was written" in as_markdown(told)
    assert told.events < data.count(b"\n")


def test_a_changed_runbook_is_told_and_one_that_is_gone_leaves_ids(
    tmp_path: Path,
) -> None:
    directory, _ = journal(tmp_path)
    book = directory.runbook / BOOK.name
    book.write_bytes(book.read_bytes() + b"# more\n")
    assert build_report(directory).damage == (
        "its runbook was changed after the run began",
    )
    book.unlink()
    told = build_report(directory)
    assert "cannot be read" in told.damage[0]
    assert {step.id for step in told.steps()} >= {"look", "roll", "unzip"}


def test_a_chain_that_somebody_made_is_told_up_to_what_cannot_be(
    tmp_path: Path,
) -> None:
    run = begun(tmp_path / "runs")
    run.write(StepStarted(step="look", attempt=1))
    run.write(StepEnded(step="look", attempt=1, result="passed", exit="no"))  # type: ignore[arg-type]
    told = build_report(run.directory)
    assert '"exit" cannot be that' in told.damage[0]
    assert told.steps()[0].status == "running"


def test_a_step_that_names_another_folder_reads_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "secret.1").mkdir()
    (tmp_path / "secret.1" / "output").write_text("not yours\n")
    run = begun(tmp_path / "runs")
    run.write(StepStarted(step="../../../secret", attempt=1))
    (run.directory.runbook / BOOK.name).unlink()
    told = build_report(run.directory)
    assert all("not yours" not in form(told) for form in FORMS.values())


@settings(max_examples=15, deadline=None)
@given(
    cut=st.integers(min_value=0), flip=st.integers(min_value=0), bit=st.integers(0, 8)
)
def test_any_journal_is_told(cut: int, flip: int, bit: int) -> None:
    """Cut anywhere, and perhaps with a byte changed, it is told and never fails."""
    with TemporaryDirectory() as folder:
        directory, data = journal(Path(folder))
        kept = bytearray(data[: cut % (len(data) + 1)])
        if kept and bit < 8:
            kept[flip % len(kept)] ^= 1 << bit
        directory.journal.write_bytes(bytes(kept))
        told = build_report(directory)
    assert len(told.timeline) <= told.events
    for name, form in FORMS.items():
        text = form(told)
        nothing_invisible(text)
        if name.endswith(".json"):
            fits(text)


def test_each_whole_prefix_is_told(tmp_path: Path) -> None:
    directory, data = journal(tmp_path)
    ends = [place + 1 for place, byte in enumerate(data) if byte == 0x0A]
    for count, end in enumerate(ends, 1):
        directory.journal.write_bytes(data[:end])
        told = build_report(directory)
        assert told.events == count
        for form in FORMS.values():
            form(told)
        assert not [d for d in told.damage if "journal.jsonl" in d], told.damage


def test_a_timeline_that_is_too_long_is_told_at_both_ends(tmp_path: Path) -> None:
    from mobius_tui.review.report_builder import MAX_TIMELINE_LINES
    from mobius_tui.run.events.run_events import NoteAdded

    run = begun(tmp_path / "runs")
    for number in range(MAX_TIMELINE_LINES + 10):
        run.write(NoteAdded(text=f"note {number}"), after=1)
    run.write(RunEnded(outcome=Outcome.ABANDONED))
    told = build_report(run.directory)
    assert (len(told.timeline), told.left_out) == (MAX_TIMELINE_LINES, 12)
    assert "12 lines are left out here" in as_markdown(told)


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run: MadeRun = story(runs_root())
    assert main(["report"]) == 0
    told = build_report(run.directory)
    assert capsys.readouterr().out == FORMS["report.md"](told)
    target = tmp_path / "report.json"
    assert main(["report", run.directory.id, "--format=json", f"-o{target}"]) == 0
    assert target.read_text("utf-8") == FORMS["report.json"](told)
    assert main(["report", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"]
    run.directory.journal.write_bytes(b"no journal\n")
    assert main(["report"]) == 4
    assert "is no event" in capsys.readouterr().err
    assert main(["report", "-o", str(tmp_path)]) == 2


@pytest.mark.parametrize("form", ["md", "html", "json", "junit"])
@pytest.mark.parametrize(
    "breakage", ["empty", "gone", "garbage", "changed", "a folder"]
)
def test_a_report_of_a_broken_journal_says_so_and_exits_4(
    breakage: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run: MadeRun = story(runs_root())
    journal = run.directory.journal
    data = journal.read_bytes()
    if breakage in ("gone", "a folder"):
        journal.unlink()
    if breakage == "a folder":
        journal.mkdir()
    kept = {
        "empty": b"",
        "garbage": bytes(range(256)) + b"\n",
        "changed": data.replace(b'"step":"look"', b'"step":"roll"', 1),
    }
    if breakage in kept:
        journal.write_bytes(kept[breakage])
    assert main(["report", run.directory.id, f"--format={form}"]) == EXIT_INCOMPLETE
    out, err = capsys.readouterr()
    assert "journal.jsonl" in err
    assert "Traceback" not in err
    assert "journal.jsonl" in out, "the report itself says it"
    if breakage == "changed":
        assert "Roll the shop back" in out, "it is told as far as it goes"


def test_there_is_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 2
    assert "mobius-tui demo" in capsys.readouterr().err


def test_the_last_lines_of_a_long_output_are_told() -> None:
    run = begun(runs_root())
    run.write(StepStarted(step="look", attempt=1))
    long = "".join(f"line {number}\n" for number in range(10_000)) + "x" * 1000
    run.output("look", 1, long)
    run.write(StepEnded(step="look", attempt=1, result=Status.PASSED, exit=0))
    (attempt,) = build_report(run.directory).phases[0].steps[0].tries
    *lines, last = attempt.output
    assert lines == [f"line {number}" for number in range(9981, 10_000)]
    assert last == "x" * 399 + "…"


def test_of_a_run_without_a_host_it_is_said_that_none_runs_it(tmp_path: Path) -> None:
    run = begun(tmp_path)
    assert build_report(run.directory).reason == "no host runs it"
    run.write(StepStarted(step="look", attempt=1))
    reason = build_report(run.directory).reason
    assert reason.startswith("no host runs it; what is called running here may have")
    with run.directory.lock.open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert build_report(run.directory).reason == ""
