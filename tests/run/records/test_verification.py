"""What was changed in a run since it was written."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from mobius_tui.cli import main
from mobius_tui.errors import EXIT_INCOMPLETE, RunError
from mobius_tui.run.client.start_host import reopen_run, resume_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.step_events import StepEnded, StepUnknown
from mobius_tui.run.host.host_setup import HostSpec
from mobius_tui.run.records.run_summary import newest_open_run, read_summary
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
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
