"""The command line: what it says where, and its exit codes."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
from pathlib import Path

import pytest

from mobius_tui import __version__
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.state_folders import runs_root
from tests.program import PROGRAM, exit_code, program
from tests.run.books import ONE, step
from tests.run.running import Running
from tests.waiting import PATIENCE, wait_for

HEAD = 'format = 1\n[runbook]\nid = "test"\ntitle = "Test"\n'


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "test.toml"
    path.write_text(HEAD + ONE + step("a", "echo ran"))
    return path


def test_the_version() -> None:
    done = program("--version")
    assert (done.returncode, done.stdout) == (0, f"mobius-tui {__version__}\n")


@pytest.mark.parametrize("words", [("--ascii", "--version"), ("-V", "runs")])
def test_the_version_beside_other_words(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words) == 0
    assert capsys.readouterr() == (f"mobius-tui {__version__}\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("run", "no-such-runbook", "--plain"),
        ("run", "/no/such/file.toml", "--plain"),
        ("run", "mobius-rollback", "--plain", "--var", "nonsense"),
        ("run", "mobius-rollback", "--plain", "--var", "nope=1"),
        ("run", "mobius-rollback", "--plain", "--var", "target_env=moon"),
        ("run", "mobius-rollback", "--plain", "--profile", "moon"),
        ("run", "mobius-rollback", "--plain", "--workdir", "/no/such/place"),
        ("run", "mobius-rollback", "--plain", "--yes"),
        ("run", "mobius-rollback", "--plain", "--answers", "/no/such/file"),
        ("run", "mobius-rollback", "--plain"),
        ("resume", "--plain"),
        ("resume", "no-such-run", "--plain"),
        ("verify", "no-such-run"),
        ("drill", "--fault", "no-such-fault", "--plain"),
        ("drill", "--hosts", "00200", "--plain"),
        ("drill", "--fault", "flapping", "--fault", "bad-release", "--plain"),
        ("check", "/no/such/file.toml"),
        ("no-such-command",),
    ],
)
def test_what_cannot_be_is_said_on_stderr(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words) == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in err + out
    assert len((out if words[0] == "check" else err).strip()) > 20
    assert all_runs(runs_root()) == ()


def test_the_process_itself_says_it_and_exits_by_it() -> None:
    done = program("run", "no-such-runbook", "--plain")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mobius-tui: ")


def test_check_says_yes_and_no(book: Path, tmp_path: Path) -> None:
    assert program("check", str(book)).returncode == 0
    bad = tmp_path / "bad.toml"
    bad.write_text(book.read_text() + "timout = 1\n[nonsense]\n")
    done = program("check", str(book), str(bad))
    assert done.returncode == 2
    assert "did you mean" in done.stdout
    problems = json.loads(program("check", str(bad), "--json").stdout)
    assert {"file", "line", "column", "severity", "message"} <= set(problems[0])
    assert len(problems) >= 2


def test_a_run_by_itself_and_what_is_known_of_it(book: Path) -> None:
    done = program("run", str(book), "--auto")
    assert done.returncode == 0, done.stderr
    assert "| ran" in done.stdout
    listed = json.loads(program("runs", "--json").stdout)
    assert [run["outcome"] for run in listed] == ["completed"]
    assert program("verify", listed[0]["run"]).returncode == 0
    shown = program("resume", listed[0]["run"], "--plain")
    assert shown.returncode == 0
    assert "COMPLETED" in shown.stdout
    [run] = all_runs(runs_root())
    output = run.attempt("a", 1).output
    output.write_bytes(b"RAN\n")
    wrong = program("verify", listed[0]["run"])
    assert wrong.returncode == 1
    assert "a.1/output was changed" in wrong.stdout


def test_a_failed_run_exits_1(tmp_path: Path) -> None:
    path = tmp_path / "fails.toml"
    path.write_text(HEAD + ONE + step("a", "exit 9"))
    done = program("run", str(path), "--auto", "--json")
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["event"] == "RunBegan"
    assert any(e["event"] == "StepEnded" and e["exit"] == 9 for e in events)


def test_a_person_who_is_missing_is_exit_4(tmp_path: Path) -> None:
    path = tmp_path / "manual.toml"
    path.write_text(
        HEAD + ONE + '[[phase.step]]\nid = "m"\ntitle = "M"\nmanual = "Do it"\n'
    )
    done = program("run", str(path), "--auto", "--plain")
    assert done.returncode == 4
    assert "wants a person" in done.stdout
    [run] = all_runs(runs_root())
    wait_for(lambda: run.host_pid() is None)
    again = program("resume", "--auto", "--manual", "tick", "--plain")
    assert again.returncode == 0, again.stderr
    assert "COMPLETED" in again.stdout


async def test_an_unknown_step_is_exit_4_and_not_rerun(
    book: Path, tmp_path: Path
) -> None:
    from mobius_tui.runbook.library.loader import load

    script = f"echo x >> {tmp_path}/count; sleep 60"
    book.write_text(HEAD + ONE + step("a", script))
    run = Running(load(book))
    try:
        await run.begin()
        await run.did("start", "a")
        count = tmp_path / "count"
        await run.until(lambda _: count.exists() and count.read_text())
        group = int(run.directory.attempt("a", 1).pid.read_text())
        run.kill_host()
        run.kill_keeper("a")
        os.killpg(group, signal.SIGKILL)
        await run.drop()
        done = program("resume", "--auto", "--plain")
        assert done.returncode == 4, done.stdout + done.stderr
        assert "unknown" in done.stdout
        assert count.read_text() == "x\n"
    finally:
        await run.close()


def test_a_reader_that_leaves_early_is_no_error(book: Path) -> None:
    line = f"'{PROGRAM}' run '{book}' --auto --plain | head -n 1"
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(("limit", "ends"), [(16, 1), (40, 0)])
def test_few_open_files_are_enough_or_the_limit_is_named(
    book: Path, limit: int, ends: int
) -> None:
    line = f"ulimit -n {limit}; exec '{PROGRAM}' run '{book}' --auto --plain"
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == ends, done.stdout + done.stderr
    told = f"Too many open files (`ulimit -n` is {limit}); raise that limit"
    assert ("| ran" if ends == 0 else told) in done.stdout


def test_a_home_that_is_empty_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, "")
    own = pwd.getpwuid(os.getuid()).pw_dir
    folders = program("paths").stdout
    assert f"{own}/.local/state/mobius-tui" in folders
    assert " /.local" not in folders


def test_paths_and_faults() -> None:
    assert str(runs_root()) in program("paths").stdout
    assert "bad-release" in program("drill", "--fault", "list").stdout


@pytest.mark.parametrize("is_on_path", [False, True])
def test_its_hints_can_be_typed_as_it_was_called(
    tmp_path: Path, *, is_on_path: bool
) -> None:
    """README calls it by its path in a virtual environment."""
    path = Path(PROGRAM)
    env = {"PATH": f"{path.parent if is_on_path else tmp_path}:/usr/bin:/bin"}
    found = subprocess.run(
        [f"./{path.name}", "runs"],
        cwd=path.parent,
        env={**env, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    name = path.name if is_on_path else f"./{path.name}"
    assert f"no runs yet; `{name} demo` makes one" in found.stderr
