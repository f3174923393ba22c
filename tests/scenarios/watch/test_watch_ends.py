"""`mobius-tui watch`: what ends it, what it says and logs, and its exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from pathlib import Path

import pytest

from mobius_tui.run.records.verification import run_problems
from tests.health.servers import silence
from tests.run.watched_service import invoked
from tests.scenarios.watch.conftest import StartWatch, Watch
from tests.waiting import wait_for

LOG_LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\|(\d{3})\|(\d+|-)\|api: (\w.*)"
)
SUMMARY = {
    "event": str,
    "run": str,
    "runbook": str,
    "environment": str,
    "outcome": str,
    "exit": int,
    "reason": str,
    "began": str,
    "ended": str,
    "seconds": float,
    "checks": int,
    "ok": int,
    "failed": int,
    "no_data": int,
    "success_rate": float,
    "p50_ms": float,
    "p95_ms": float,
    "p99_ms": float,
    "reported_p95_ms": type(None),
    "reported_error_rate": type(None),
    "longest_outage": dict,
    "probes": dict,
    "triggers": list,
    "armed": bool,
    "rollback": dict,
    "log": str,
}

ENDED_WELL = re.compile(r"summary: watched for [2-9] s; no trigger fired")
"""Of a watch for 2 s; where the machine is busy, its last look comes later."""


def logged(watch: Watch, folder: Path) -> list[str]:
    [path] = (folder / "monitor_logs").iterdir()
    assert str(path) in watch.out
    return path.read_text().splitlines()


def test_all_well_until_its_time_is_over(watch: StartWatch) -> None:
    watching = watch("--duration", "2s")
    assert watching.code() == 0
    state = watching.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert not any(step.attempts for step in state.steps.values())
    assert "ok: api answered 200 in " in watching.out
    assert ENDED_WELL.search(watching.out)
    assert "longest outage: none" in watching.out
    assert re.search(r"checks of api: \d+, \d+ ok, 0 failed", watching.out)
    assert list(run_problems(watching.run)) == []


POINTERS = """timeout = "1s"
p95 = { at = "/requests/p95_ms", unit = "ms" }
error_rate = { at = "/requests/error_rate" }
"""


def reporting(text: str) -> str:
    """With the bundled runbooks' pointers, and all of their rules that are fast."""
    text = text.replace('timeout = "1s"\n', POINTERS, 1)
    rules = 'p95_latency = { above = "800ms" }\nerror_rate = { for_checks = 5 }\n'
    return text.replace("[health.trigger]\n", f"[health.trigger]\n{rules}", 1)


def test_a_service_that_reports_nothing_is_watched_by_our_own_checks(
    watch: StartWatch, folder: Path
) -> None:
    (folder / "body").write_text('{"status":"ok"}')
    watching = watch("--duration", "2s", change=reporting)
    assert watching.code() == 0
    assert ENDED_WELL.search(watching.out)
    assert re.search(r"; of our checks: p50 \d+ ms, p95 \d+ ms, p99", watching.out)
    assert "reported" not in watching.out


def test_what_a_service_reports_is_told_beside_our_own(
    watch: StartWatch, folder: Path
) -> None:
    body = '{"status":"ok","requests":{"error_rate":0.12,"p95_ms":700}}'
    (folder / "body").write_text(body)
    watching = watch(change=reporting)
    assert watching.code() == 1
    assert "error rate of api above 5 % at 5 checks in a row: 12 %" in watching.out
    assert "; reported at most: p95 700 ms, errors 12 %" in watching.out


def test_an_error_rate_of_our_own_checks_is_said_to_be_that(
    watch: StartWatch, folder: Path
) -> None:
    (folder / "body").write_text('{"status":"ok"}')
    watching = watch("--keep-watching", "--duration", "4s", change=reporting)
    watching.until("ok: api")
    (folder / "well").unlink()
    watching.until("trigger fired: error rate of our checks of api above 5 % at 5")
    (folder / "well").touch()
    watching.until("trigger cleared: error rate of api")
    assert watching.code() == 1


def test_the_log_has_a_line_for_each_check(watch: StartWatch, folder: Path) -> None:
    watching = watch("--duration", "2s", "--keep-watching")
    watching.until("ok: api")
    (folder / "well").unlink()
    assert watching.code() == 1
    [path] = (folder / "monitor_logs").iterdir()
    assert re.fullmatch(r"monitor_staging_\d{8}_\d{6}\.log", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = [LOG_LINE.fullmatch(row) for row in logged(watching, folder)]
    assert all(found)
    said = [(m[1], m[3]) for m in found if m]
    assert ("200", "ok") in said
    assert ("500", "failed: answered 500, wanted 200") in said
    assert len(said) == watching.run.health.read_bytes().count(b'"kind":"check"')


def test_a_trigger_ends_it_unarmed(watch: StartWatch, folder: Path) -> None:
    watching = watch()
    watching.until("ok: api")
    (folder / "well").unlink()
    assert watching.code() == 1
    for words in (
        "failing: api answered 500, wanted 200",
        "trigger fired: 3 checks of api failed in a row",
        "no rollback was begun: the watch was not armed",
        "rollback: none was begun",
    ):
        assert words in watching.out
    assert watching.over().watch.rollback is None
    assert invoked(folder) == []


def test_armed_it_rolls_back_once_and_then_ends(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--auto-rollback", "--yes", where="production")
    watching.until("ok: api answered ")
    (folder / "well").unlink()
    assert watching.code() == 1
    for words in (
        "armed: ",
        "the rollback begins in 0.3 s",
        "rollback begins: Automatic, by a trigger",
        "ok: api again, after ",
        "the rollback passed",
    ):
        assert words in watching.out
    state = watching.over()
    assert state.watch.rollback_passed
    assert state.ended is not None
    assert state.ended.outcome == "failed"
    assert invoked(folder) == ["automatic"]
    assert not state.steps["verified"].attempts


def test_a_rollback_that_wants_a_person_leaves_the_run_open(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--auto-rollback")
    watching.until("armed: ")
    (folder / "broken").touch()
    (folder / "well").unlink()
    assert watching.code() == 1
    assert "the rollback wants a person: " in watching.out
    assert f"`mobius-tui resume {watching.run.id}`" in watching.out
    state = watching.state
    assert state.ended is None
    assert "Restore by itself failed" in state.watch.watch_run_end_reason
    assert watching.run.host_pid() is not None
    assert invoked(folder) == ["automatic"]


def test_it_goes_on_after_a_trigger_where_asked(
    watch: StartWatch, folder: Path
) -> None:
    watching = watch("--keep-watching", "--auto-rollback", "--duration", "4s")
    watching.until("armed: ")
    (folder / "well").unlink()
    watching.until("phase passed: Automatic")
    assert watching.state.ended is None
    assert watching.code() == 1
    assert "trigger cleared: " in watching.out
    state = watching.over()
    assert state.ended is not None
    assert state.last_entry_at - state.watch.watch_run_began_at >= 4
    assert invoked(folder) == ["automatic"]


def test_its_lines_for_programs(watch: StartWatch, folder: Path) -> None:
    watching = watch("--json", "--auto-rollback")
    watching.until('"state":"ok"')
    (folder / "well").unlink()
    assert watching.code() == 1
    rows = [json.loads(row) for row in watching.out.splitlines()]
    journal = [row for row in rows if "n" in row]
    assert [row["n"] for row in journal] == list(range(1, len(journal) + 1))
    changes = [row for row in rows if row["event"] == "ProbeChanged"]
    states = [row["state"] for row in changes if row["state"] != "unknown"]
    assert states == ["ok", "failing", "ok"]
    assert all(
        set(row) == {"at", "event", "probe", "state", "reason"} for row in changes
    )
    summary = rows[-1]
    assert {name: type(value) for name, value in summary.items()} == SUMMARY
    assert (summary["event"], summary["exit"]) == ("Summary", 1)
    parts = summary["ok"] + summary["failed"] + summary["no_data"]
    assert summary["checks"] == parts
    [trigger] = summary["triggers"]
    assert trigger["rule"] == "consecutive_failures"
    assert trigger["reason"] == "3 checks of api failed in a row"
    assert summary["rollback"]["passed"] is True
    assert summary["rollback"]["cause"] == "trigger"
    assert summary["longest_outage"]["probe"] == "api"
    assert summary["longest_outage"]["seconds"] > 0
    assert summary["probes"]["api"]["checks"] == summary["checks"]
    assert watching.err.startswith("mobius-tui: run ")


def test_a_monitor_that_sees_nothing_says_so(watch: StartWatch, folder: Path) -> None:
    (folder / "well").unlink()

    with silence() as port:
        named = f'[health]\nwitness = ["127.0.0.1:{port}"]\n'
        watching = watch(
            *("--duration", "5s"),
            change=lambda text: text.replace("[health]\n", named),
        )
        assert watching.code() == 4
    assert "unknown: api " in watching.out
    assert "nothing is known of api at the end" in watching.out
    rows = logged(watching, folder)
    assert all("|000|-|api: no data: " in row for row in rows)
    # Where tests share a machine, the first check may find that we were held up.
    reasons = [row.split("no data: ")[1] for row in rows]
    seen = [each for each in reasons if "was suspended or held up" not in each]
    assert seen
    assert all(each.startswith("no witness answers either") for each in seen)


# JSON lets C1 controls and direction marks through as they are.
HOSTILE = '{"state": "\x9b31m\u202eolleh\u2028|\\u001b]0;x\\u0007"}'
"""A body that asks a terminal for much."""


def test_what_was_unknown_when_its_time_was_over_is_looked_at_again(
    watch: StartWatch, folder: Path
) -> None:
    (folder / "well").unlink()
    with silence() as port:
        named = f'[health]\nwitness = ["127.0.0.1:{port}"]\n'
        watching = watch(
            *("--duration", "1s"),
            change=lambda text: text.replace("[health]\n", named),
        )
        watching.until("unknown: api ")
        records = watching.run.health
        wait_for(lambda: records.read_bytes().count(b'"no data"') >= 3)
        (folder / "well").touch()
        assert watching.code() == 0
    assert "no trigger fired" in watching.out


def wants_fine(text: str) -> str:
    """What the probe and the check of the rollback want of a body."""
    wanted = 'json = { state = "fine" }\n'
    for line in ('timeout = "1s"\n', "attempts = 40\n"):
        assert text.count(line) == 1
        text = text.replace(line, line + wanted)
    return text.replace("attempts = 40", "attempts = 3")


def test_hostile_answers_reach_neither_log_nor_output(
    watch: StartWatch, folder: Path
) -> None:
    (folder / "body").write_text(HOSTILE)
    watching = watch("--auto-rollback", change=wants_fine)
    assert watching.code() == 1
    log = "\n".join(logged(watching, folder))
    for text in (log, watching.out):
        assert "<U+009B>31m<U+202E>olleh" in text
        assert all(c == "\n" or c.isprintable() for c in text)
    assert all(LOG_LINE.fullmatch(row) for row in log.splitlines())


def test_hostile_answers_are_told_to_programs_by_escapes(
    watch: StartWatch, folder: Path
) -> None:
    (folder / "body").write_text(HOSTILE)
    watching = watch("--auto-rollback", "--json", change=wants_fine)
    assert watching.code() == 1
    assert all(c == "\n" or c.isprintable() for c in watching.out)
    rows = [json.loads(row) for row in watching.out.splitlines()]
    told = [row["detail"] for row in rows if row["event"] == "CheckTried"]
    assert any("\x9b31m\u202eolleh" in detail for detail in told)
    written = watching.run.journal.read_bytes().splitlines()
    shown = [row for row in rows if "n" in row]
    assert shown == [json.loads(row) for row in written[: len(shown)]]


@pytest.mark.parametrize("value", ["1", "1s", "1000ms"])
def test_monitor_duration_counts(watch: StartWatch, value: str) -> None:
    watching = watch(MONITOR_DURATION=value)
    assert watching.code() == 0
    assert "watching for 1 s" in watching.out


def test_a_host_that_dies_ends_it(watch: StartWatch) -> None:
    watching = watch("--auto-rollback")
    watching.until("ok: api")
    pid = watching.run.host_pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert watching.code() == 4
    assert re.search(
        rf"its host is gone, unwatched since \d\d:\d\d; `mobius-tui resume "
        rf"{watching.run.id}`",
        watching.out,
    )
