"""What `mobius-tui watch` refuses before anything has begun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.commands.support.watch_begin import (
    parse_watch_duration,
    wanted_variables,
)
from mobius_tui.errors import UsageError
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from tests.program import exit_code
from tests.run.watched_service import far
from tests.scenarios.watch.conftest import StartWatch, WriteBook


def without(*names: str) -> Callable[[str], str]:
    """A runbook without the lines that begin with one of these words."""

    def change(text: str) -> str:
        rows = text.splitlines(keepends=True)
        return "".join(row for row in rows if not row.startswith(names))

    return change


def unprobed(text: str) -> str:
    head, rest = text.split("[health]")
    return head + rest[rest.index("[[phase]]") :]


def asking(text: str) -> str:
    variable = '[var.host]\ntitle = "Which host?"\nask = true\n'
    return text.replace("[health]", variable + "[health]").replace(
        "http://127.0.0.1", "http://${host}"
    )


@pytest.mark.parametrize(
    ("words", "where", "change", "said"),
    [
        (("--auto-rollback",), "production", None, "add --yes"),
        (("--yes",), "staging", None, "--yes: only with --auto-rollback"),
        (("--auto-rollback",), "staging", without("then", "grace"), "give [health.t"),
        ((), "staging", unprobed, "there is nothing to watch"),
        ((), "staging", asking, "host (Which host?); give --var NAME=VALUE"),
        (("--duration", "soon"), "staging", None, "--duration: 'soon' is no duration"),
        (("--duration", "-1"), "staging", None, "'-1' is no duration"),
        (("--var", "where=moon"), "staging", None, "is none of"),
        (("--var", "where"), "staging", None, "write --var NAME=VALUE"),
        (("--profile", "moon"), "staging", None, "no profile 'moon'"),
        (("--workdir", "/no/such/place"), "staging", None, "no such directory"),
        (("--replay-nothing",), "staging", None, "there is no option --replay-nothing"),
    ],
)
def test_what_cannot_be_is_said_before_anything_begins(
    write_book: WriteBook,
    folder: Path,
    words: tuple[str, ...],
    where: str,
    change: Callable[[str], str] | None,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write_book(where, change=change or (lambda text: text))
    assert exit_code("watch", str(path), *words) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""
    assert all_runs(runs_root()) == ()
    assert not (folder / "monitor_logs").exists()


def test_monitor_duration_that_is_none_is_named(watch: StartWatch) -> None:
    watching = watch(MONITOR_DURATION="half an hour")
    assert watching.code() == 2
    assert "MONITOR_DURATION: 'half an hour' is no duration" in watching.err


def test_the_log_goes_through_no_link(
    watch: StartWatch, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "monitor_logs").symlink_to(elsewhere)
    watching = watch("--duration", "1s")
    assert watching.code() == 2
    assert "monitor_logs" in watching.err
    assert "name another one with --log-dir" in watching.err
    assert list(elsewhere.iterdir()) == []
    assert all_runs(runs_root()) == ()


@pytest.mark.parametrize(
    ("given", "environ", "seconds"),
    [
        (None, {}, 1800.0),
        (None, {"MONITOR_DURATION": ""}, 1800.0),
        (None, {"MONITOR_DURATION": "1800"}, 1800.0),
        (None, {"MONITOR_DURATION": "0"}, None),
        (None, {"MONITOR_DURATION": "2h"}, 7200.0),
        ("90", {"MONITOR_DURATION": "nonsense"}, 90.0),
        ("1h30m", {}, 5400.0),
        ("500ms", {}, 0.5),
        ("0", {}, None),
        ("0s", {}, None),
        ("forever", {}, None),
    ],
)
def test_how_long(
    given: str | None, environ: dict[str, str], seconds: float | None
) -> None:
    assert parse_watch_duration(given, environ) == seconds


@pytest.mark.parametrize("text", ["1.5", "-1", "1 h", "٣", "1e3", " ", "inf", "nan"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="--duration"):
        parse_watch_duration(text, {})


def test_what_only_a_person_needs_is_not_asked_for() -> None:
    """Why somebody rolls back is not known before anything has happened."""
    briefing = prepare_briefing(
        load(find_runbook("mobius-rollback")), given={}, profile="production"
    )
    names = wanted_variables(briefing)
    assert [variable.name for variable in briefing.missing] == ["reason"]
    assert "reason" not in names
    assert {"target_env", "base_url"} <= names


def test_the_log_goes_where_it_is_wanted(
    watch: StartWatch, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path)  # one that somebody names is meant
    watching = watch(
        *("--duration", "1.5s", "--log-dir", str(tmp_path / "link" / "logs")),
        *("--detach", "--plain"),
    )
    watching.code()
    [log] = (tmp_path / "logs").iterdir()
    assert "|api: ok" in log.read_text()
    assert str(log) in watching.out
    assert not (folder / "monitor_logs").exists()


WITNESS = "no `witness` is named: a dead network looks like a dead service (api)"
LIMIT = (
    "P95 of api above 2s can't fire: the service reports no P95, and its `timeout` "
    "of 1s ends each answer before that"
)


@pytest.mark.parametrize("form", ["--plain", "--json"])
def test_what_an_armed_trigger_mistakes_is_said_before_it_is_armed(
    watch: StartWatch, form: str
) -> None:
    watching = watch("--auto-rollback", "--duration", "1s", form, change=far)
    assert watching.code() == 0
    said = watching.err.splitlines()
    assert said[:2] == [
        f"mobius-tui: armed, mind: {LIMIT}",
        f"mobius-tui: armed, mind: {WITNESS}",
    ]
    assert said[2].startswith("mobius-tui: run ")


def test_unarmed_and_with_nothing_to_mind_nothing_is_said(watch: StartWatch) -> None:
    for words, change in (((), far), (("--auto-rollback",), str)):
        watching = watch("--duration", "1s", *words, change=change)
        assert watching.code() == 0
        assert "mind" not in watching.err
