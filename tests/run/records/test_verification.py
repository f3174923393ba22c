"""What was changed in a run since it was written."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w

from mobius_tui.cli import main
from mobius_tui.errors import EXIT_INCOMPLETE, RunError
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.run.client.start_host import reopen_run, resume_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.step_events import StepEnded, StepUnknown
from mobius_tui.run.host.host_setup import HostSpec
from mobius_tui.run.journal.journal import read_journal
from mobius_tui.run.records.run_summary import newest_open_run, read_summary
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.structs import replace
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.journals import rewritten
from tests.run.running import Running


async def test_verify_finds_any_changed_byte(begin: Begin) -> None:
    run = await begin(ONE + step("a", "seq 50"))
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("end")
    await run.over()
    assert tuple(run_problems(run.directory)) == ()
    output = run.directory.attempt("a", 1).output
    for path in (output, run.directory.journal, run.directory.attempt("a", 1).spans):
        good = path.read_bytes()
        for place in (0, len(good) // 2, len(good) - 2):
            changed = bytearray(good)
            changed[place] ^= 0x10
            path.write_bytes(changed)
            assert tuple(run_problems(run.directory)), (path, place)
        path.write_bytes(good)
    runbook = run.directory.runbook / "test.toml"
    runbook.write_bytes(runbook.read_bytes() + b"# more\n")
    assert any("runbook was changed" in wrong for wrong in run_problems(run.directory))


async def test_verify_finds_a_cut_end_by_its_head(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    await run.did("end")
    await run.over()
    head = Viewer(run.directory).follower.head
    assert tuple(run_problems(run.directory, head)) == ()
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    run.directory.journal.write_bytes(b"".join(lines[:-1]))
    assert any("record.toml" in wrong for wrong in run_problems(run.directory))
    run.directory.record.unlink()
    assert tuple(run_problems(run.directory)) == ()
    assert any(
        "cut from its end" in wrong for wrong in run_problems(run.directory, head)
    )


WATCHED = """
[health]
every = "200ms"
[[health.probe]]
id = "it"
title = "It"
url = "http://127.0.0.1:1/"
timeout = "100ms"
[health.trigger]
consecutive_failures = 2
then = "p"
"""
SAYS = (
    "[var.said]\n"
    + WATCHED
    + ONE
    + step("a", 'seq 50; echo said=hello >> "$RUNBOOK_OUTPUT"', 'outputs = ["said"]')
)


async def ended(begin: Begin, book: str = SAYS) -> Running:
    run = await begin(book)
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("end")
    await run.over()
    assert tuple(run_problems(run.directory)) == ()
    return run


async def test_verify_finds_any_changed_byte_of_an_attempt(begin: Begin) -> None:
    run = await ended(begin)
    attempt = run.directory.attempt("a", 1)
    own = (attempt.output, attempt.spans, attempt.script, attempt.exit, attempt.outputs)
    for path in (*own, run.directory.health, run.directory.table_of_contents):
        good = path.read_bytes()
        assert good, path
        for place in (0, len(good) // 2, len(good) - 2):
            changed = bytearray(good)
            changed[place] ^= 0x10
            path.write_bytes(changed)
            wrong = "; ".join(run_problems(run.directory))
            assert path.name in wrong, (path, place, wrong)
        path.write_bytes(good + b"more\n")
        assert path.name in "; ".join(run_problems(run.directory)), path
        path.write_bytes(good)
        if path.name != "contents":
            path.unlink()
            assert path.name in "; ".join(run_problems(run.directory)), path
            path.write_bytes(good)
    assert tuple(run_problems(run.directory)) == ()
    (run.directory.steps / "a.2").mkdir()
    assert tuple(run_problems(run.directory)) == (
        "steps/a.2: the journal knows no such attempt",
    )


async def test_verify_holds_the_record_to_the_journal(begin: Begin) -> None:
    run = await ended(begin)
    record = tomllib.loads(run.directory.record.read_text())
    other = {"began": record["ended"], "ended": record["began"], "events": 2}
    texts = dict.fromkeys(("outcome", "reason", "head", "operator", "run"), "failed")
    for key, value in (other | texts).items():
        run.directory.record.write_text(tomli_w.dumps({**record, key: value}))
        wrong = "; ".join(run_problems(run.directory))
        assert "record.toml" in wrong
        assert key in wrong
    record["annotations"] = [{"text": "said by hand"}]
    run.directory.record.write_text(tomli_w.dumps(record))
    (words,) = run_problems(run.directory)
    assert words == "record.toml: annotation 1 was changed, or added by hand"


async def test_verify_holds_the_record_s_outage_to_the_journal(begin: Begin) -> None:
    run = await begin(WATCHED + ONE + step("a"))
    await run.until(lambda state: state.watch.latest_alarm)
    await run.did("end")
    await run.over()
    assert tuple(run_problems(run.directory)) == ()
    record = tomllib.loads(run.directory.record.read_text())
    record["outage"]["fired"] = record["began"]
    run.directory.record.write_text(tomli_w.dumps(record))
    assert any("outage" in wrong for wrong in run_problems(run.directory))


UNDONE = (
    'format = 2\n[runbook]\nid = "test"\ntitle = "Test"\n'
    + WATCHED
    + ONE
    + step("a", "touch new; until [ -e go ]; do sleep 0.01; done", "undo = 'rm new'")
    + step("b", "false")
)


async def test_an_outage_is_that_of_the_end_while_the_run_is_open_again(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(UNDONE, workdir=tmp_path)
    await run.auto(confirmed=True)
    await run.until(lambda state: state.watch.latest_alarm)
    (tmp_path / "go").touch()
    await run.over()
    record = tomllib.loads(run.directory.record.read_text())
    assert "acknowledged" not in record["outage"], "nobody acted after it fired"
    size = run.directory.health.stat().st_size
    await reopen_run(run.directory, run.runbook)
    await run.resume()
    await run.until(lambda _: run.directory.health.stat().st_size > size)
    run.kill_host()
    assert tuple(run_problems(run.directory)) == ()
    record["outage"]["fired"] = record["began"]
    run.directory.record.write_text(tomli_w.dumps(record))
    assert any("outage" in wrong for wrong in run_problems(run.directory))


async def test_an_older_journal_has_no_digest_of_exits(begin: Begin) -> None:
    run = await ended(begin)
    run.directory.record.unlink()

    def older(entry: Entry) -> Entry:
        if not isinstance(entry.event, StepEnded):
            return entry
        event = replace(entry.event, exit_sha256=None, outputs_sha256=None)
        return replace(entry, event=event)

    rewritten(run.directory, older)
    data = run.directory.journal.read_bytes()
    for name in (b"exit_sha256", b"outputs_sha256"):
        data = data.replace(b'"' + name + b'":null,', b"")
    assert tuple(run_problems(run.directory)) == ()
    path = run.directory.attempt("a", 1).exit
    path.write_bytes(path.read_bytes().replace(b"code=0", b"code=7"))
    assert tuple(run_problems(run.directory)) == (
        "a.1/exit was changed after the step ended",
    )


async def test_what_a_killed_keeper_left_is_held_to_the_journal(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo one; sleep 60"))
    await run.did("start", "a")
    await run.output("a", "one")
    run.kill_keeper("a")
    await run.status("a", "unknown")
    await run.until(
        lambda _: any(isinstance(e.event, StepUnknown) for e in run.entries())
    )
    attempt = run.directory.attempt("a", 1)
    assert tuple(run_problems(run.directory)) == ()
    attempt.script.write_text("echo two\n")
    assert "a.1/script was changed after it was written" in tuple(
        run_problems(run.directory)
    )


async def test_a_script_that_a_killed_host_had_not_written_is_no_change(
    begin: Begin,
) -> None:
    """The host was killed while it wrote the file; nothing was begun of it."""
    run = await begin(ONE + step("a", "echo one; sleep 60"))
    await run.did("start", "a")
    await run.output("a", "one")
    run.kill_keeper("a")
    await run.status("a", "unknown")
    await run.until(
        lambda _: any(isinstance(e.event, StepUnknown) for e in run.entries())
    )
    attempt = run.directory.attempt("a", 1)
    changed = "a.1/script was changed after it was written"
    attempt.script.write_text("echo o")
    assert changed in run_problems(run.directory), "it ran, so it was whole"
    attempt.pid.unlink()
    assert changed not in run_problems(run.directory)
    attempt.script.write_text("")
    assert changed not in run_problems(run.directory)
    attempt.script.write_text("echo two\n")
    assert changed in run_problems(run.directory)


def files(directory: RunDirectory) -> dict[Path, tuple[bytes, int]]:
    every = (path for path in directory.path.rglob("*") if path.is_file())
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in every}


async def test_a_run_whose_end_was_cut_is_not_gone_on_with(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    run = await ended(begin)
    await run.drop()
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    kept = next(n for n, line in enumerate(lines) if b'"RunEnded"' in line)
    run.directory.journal.write_bytes(b"".join(lines[:kept]))
    before = files(run.directory)
    words = f"later head, of line {len(lines)}, and it ends with line {kept}"
    assert any(words in wrong for wrong in run_problems(run.directory))
    with pytest.raises(RunError, match=words):
        await resume_run(run.directory, run.runbook)
    for command in ("resume", "report"):
        code = await asyncio.to_thread(main, [command, run.directory.id])
        assert code == EXIT_INCOMPLETE
        assert words in capsys.readouterr().err
    assert files(run.directory) == before
    assert read_summary(run.directory).outcome == "damaged"
    with pytest.raises(Exception, match="no open run"):
        newest_open_run(run.directory.path.parent)
    host = subprocess.run(
        [sys.executable, "-P", "-m", "mobius_tui.run.host.host_main"],
        cwd=run.directory.path,
        input=HostSpec().encode(),
        capture_output=True,
        check=False,
    )
    assert host.returncode == EXIT_INCOMPLETE
    assert words.encode() in host.stdout + host.stderr
    assert files(run.directory) == before


async def test_a_result_that_was_made_anew_with_its_chain_is_contradicted(
    begin: Begin,
) -> None:
    """The chain and the record fit; what the keeper recorded does not."""
    run = await begin(ONE + step("a", "exit 3", 'on_failure = "continue"'))
    await run.auto()
    await run.over()
    directory = run.directory
    head = read_journal(directory.journal).head
    record = tomllib.loads(directory.record.read_text())
    assert tuple(run_problems(directory, head)) == ()

    def forged(entry: Entry) -> Entry:
        if not isinstance(entry.event, StepEnded):
            return entry
        event = replace(entry.event, result=Status.PASSED, reason="", exit=0)
        return replace(entry, event=event)

    rewritten(directory, forged)
    new = {**record, "head": read_journal(directory.journal).head}
    new |= {"steps": {"passed": 1}, "reason": read_summary(directory).reason}
    directory.record.write_text(tomli_w.dumps(new))
    directory.stats.unlink()
    assert tuple(run_problems(directory)) == (
        "a.1/exit says exit 3, and the journal exit 0: one of them was made anew",
    )
    (first, *_) = run_problems(directory, head)
    assert f"no line of it has the head {head}" in first
    assert "lines were changed, or cut from its end" in first
    # Its exit status kept, the result alone says other than the runbook.
    rewritten(
        directory,
        lambda entry: (
            replace(entry, event=replace(entry.event, exit=3))
            if isinstance(entry.event, StepEnded)
            else entry
        ),
    )
    directory.record.unlink()
    (problem,) = run_problems(directory)
    assert problem.startswith("a.1: the journal says that it passed, with exit 3, ")


async def test_verify_says_no_more_than_it_proved(
    begin: Begin, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = await ended(begin)

    def said(*words: str) -> str:
        main(["verify", *words])
        return capsys.readouterr().out

    path, heads = str(run.directory.path), read_journal(run.directory.journal).heads
    assert "consistent in itself, " in said(path)
    assert "as it was written is proved only by a head that was kept" in said(path)
    whole = said(path, "--head", heads[-1])
    assert "as it was written, " in whole
    assert "it has the head that you gave" in whole
    part = said(path, "--head", heads[2])
    assert "as it was written up to event 3, whose head you gave; the " in part
    run.directory.socket.unlink()
    for name in ("mine", "2026-01-01T00-00-00-another"):
        other = tmp_path / name
        shutil.copytree(run.directory.path, other)
        passes_for_another = "has the name of another run" in said(str(other))
        assert passes_for_another is (name != "mine")


async def test_what_is_wrong_is_said_in_words_for_people(begin: Begin) -> None:
    run = await ended(begin)
    record = tomllib.loads(run.directory.record.read_text())
    record |= {"outcome": "failed", "reason": "x"}
    del record["operator"]
    run.directory.record.write_text(tomli_w.dumps(record))
    problems = [*run_problems(run.directory)]
    assert any('outcome is "failed", by the journal "' in each for each in problems)
    assert any("operator is missing, by the journal" in each for each in problems)
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    for bad in (bytes(40) + b"\n", b"\xff\n", b"[]\n", b"{}\n", b'{"n":1}\n', b"x\n"):
        run.directory.journal.write_bytes(b"".join(lines) + bad)
        problems += run_problems(run.directory)
    assert any("it holds NUL bytes" in each for each in problems)
    assert [each for each in problems if "Error" in each or "<" in each] == []


async def test_a_run_that_ends_while_a_trigger_stands_says_so(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    run = await begin(WATCHED + ONE + step("a"))
    await run.until(lambda state: state.watch.alarms)
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("end")
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    words = f"a trigger stands: {state.watch.alarms[0].reason}"
    assert state.ended.reason == f"every step that applies is done; {words}"
    assert words in tomllib.loads(run.directory.record.read_text())["reason"]
    shown = ["resume", str(run.directory.path), "--plain"]
    assert await asyncio.to_thread(main, shown) == 0
    assert words in capsys.readouterr().out
    assert words in as_markdown(build_report(run.directory))
