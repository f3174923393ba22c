"""Secrets that a run had: what its next host does not know, and what waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import EXIT_INCOMPLETE
from mobius_tui.run.events.run_events import HostStarted, VariableSet, WentOnWithout
from mobius_tui.run.state.step_state import Status
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.running import Running

CANARY = "c4n4ry-of-two-hosts"
USES = 'printf "password=%s\\n" "$T" > conf; echo "has $T"'
NAMED = 'secrets = { T = "token" }'
FROM_ENV = '[var.token]\nfrom_env = "THE_TOKEN"\nsecret = true\n'
FROM_RUN = (
    'format = 2\n[runbook]\ntitle = "Vault"\n'
    '[var.token]\nfrom_run = "cat vault"\nsecret = true\n'
)
STEPS = ONE + step("uses", USES, NAMED) + step("shows", "cat conf")


def in_clear(run: Running) -> list[Path]:
    """The files of the run that hold the secret."""
    files = (path for path in run.directory.path.rglob("*") if path.is_file())
    return [path for path in files if CANARY.encode() in path.read_bytes()]


async def begun(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, book: str = FROM_ENV + STEPS
) -> Running:
    """A run that had the secret, and whose host was killed."""
    monkeypatch.setenv("THE_TOKEN", CANARY)
    run = await begin(book)
    await run.did("start", "uses")
    await run.status("uses", Status.PASSED)
    run.kill_host()
    monkeypatch.delenv("THE_TOKEN")
    return run


async def test_what_could_print_it_waits_until_it_is_known_again(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await begun(begin, monkeypatch)
    await run.resume()
    assert run.state.lost_secrets == ("token",)
    reply = await run.intend("start", "shows")
    assert reply.text == (
        "1.2 shows waits: token is not known any more: set THE_TOKEN= and resume"
    )
    for refused in (
        await run.intend("improvise", script="cat conf"),
        await run.intend("retry", "uses"),
    ):
        assert not refused.ok
        assert "token" in refused.text
    reply = await run.intend("give secrets", values={"token": ""})
    assert reply.text == "token: a value is wanted"
    await run.did("give secrets", values={"token": CANARY})
    await run.did("start", "shows")
    await run.status("shows", Status.PASSED)
    output = run.directory.attempt("shows", 1).output.read_text()
    assert output == "password=[redacted]\n"
    assert not in_clear(run)


async def test_a_person_goes_on_without_it_and_that_is_on_record(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await begun(begin, monkeypatch)
    await run.resume()
    for names, why in (
        ((), "name the secrets: token"),
        (("conf",), "conf is no lost secret; these are: token"),
    ):
        assert (await run.intend("go on without", names=names)).text == why
    await run.did("go on without", names=("token",))
    events = [entry.event for entry in run.entries()]
    [said] = [each for each in events if isinstance(each, WentOnWithout)]
    assert said.secrets == ("token",)
    assert "token" in run.state.lost_secrets, "it is still not known"
    await run.did("start", "shows")
    await run.status("shows", Status.PASSED)
    refused = await run.intend("retry", "uses")
    assert "no token yet: set THE_TOKEN and resume" in refused.text
    run.kill_host()
    await run.resume()
    await run.did("retry", "shows")
    await run.until(lambda state: len(state.steps["shows"].attempts) == 2)
    run.kill_host()
    monkeypatch.setenv("THE_TOKEN", CANARY)
    await run.resume()
    assert not run.state.lost_secrets
    assert not run.state.secrets_gone_without, "it would be asked for once more"


async def test_what_a_command_gives_is_got_again_before_anything_begins(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    vault.write_text(CANARY)
    run = await begun(begin, monkeypatch, FROM_RUN + STEPS)
    await run.resume()
    started = [e.event for e in run.entries() if isinstance(e.event, HostStarted)]
    assert started[-1].without == ()
    await run.did("start", "shows")
    await run.status("shows", Status.PASSED)
    assert not in_clear(run)
    run.kill_host()
    vault.rename(tmp_path / "sealed")
    await run.resume()
    assert "token" in run.state.lost_secrets
    reply = await run.intend("retry", "shows")
    assert "no token yet: `cat vault` failed: exit 1" in reply.text
    reply = await run.intend("give secrets", values={"token": ""})
    assert "no token yet: `cat vault` failed: exit 1" in reply.text
    (tmp_path / "sealed").rename(vault)
    await run.did("retry", "shows")
    assert not run.state.lost_secrets
    run.kill_host()
    vault.rename(tmp_path / "sealed")
    await run.resume()
    (tmp_path / "sealed").rename(vault)
    await run.did("give secrets", values={"token": ""})
    assert not run.state.lost_secrets
    known = [e for e in run.entries() if isinstance(e.event, VariableSet)]
    assert len(known) == 3, "when it was got first, and whenever it was known again"


async def test_an_automatic_run_stops_for_a_person(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await begun(begin, monkeypatch)
    await run.resume()
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == EXIT_INCOMPLETE
    assert state.auto_stopped.reason == (
        "the secret token (set THE_TOKEN= and resume) is not known any more: scripts "
        "and checks could print it, and wait. resume with --without token goes on: "
        "what they print is not redacted"
    )
    assert not state.steps["shows"].attempts


async def test_what_was_left_behind_is_unknown_where_the_run_ends_before(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads alone, so the run can be ended while it is held."""
    book = FROM_ENV + ONE + step("uses", USES, NAMED)
    slow = "touch begun; until [ -e go ]; do sleep 0.05; done; cat conf >&2; exit 1"
    monkeypatch.setenv("THE_TOKEN", CANARY)
    run = await begin(book + step("slow", slow, 'effect = "read"'))
    await run.did("start", "uses")
    await run.status("uses", Status.PASSED)
    await run.did("start", "slow")
    await run.until(lambda _: (run.runbook.path.parent / "begun").exists())
    run.kill_host()
    monkeypatch.delenv("THE_TOKEN")
    await run.resume()
    (run.runbook.path.parent / "go").touch()
    await run.until(lambda _: run.directory.attempt("slow", 1).exit.exists())
    await run.did("end", text="enough")
    state = await run.status("slow", Status.UNKNOWN)
    assert state.steps["slow"].reason == (
        "token was not known any more, so nothing was read of it"
    )
    await run.over()
    assert not in_clear(run)


async def test_what_was_left_behind_is_not_read_before(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its keeper knows the secret; its outputs and checks are the host's to look at."""
    book = (
        FROM_ENV
        + "[var.out]\n"
        + ONE
        + step("uses", USES, NAMED)
        + step(
            "slow",
            "touch begun; until [ -e go ]; do sleep 0.05; done; cat conf\n"
            'sed s/password/out/ conf >> "$RUNBOOK_OUTPUT"',
            'outputs = ["out"]',
        )
    )
    monkeypatch.setenv("THE_TOKEN", CANARY)
    run = await begin(book)
    await run.did("start", "uses")
    await run.status("uses", Status.PASSED)
    await run.did("start", "slow")
    await run.until(lambda _: (run.runbook.path.parent / "begun").exists())
    run.kill_host()
    monkeypatch.delenv("THE_TOKEN")
    await run.resume()
    (run.runbook.path.parent / "go").touch()
    attempt = run.directory.attempt("slow", 1)
    await run.until(lambda _: attempt.exit.exists())
    assert attempt.output.read_text() == "password=[redacted]\n"
    await run.did("note", text="nothing was read of it")
    assert run.state.steps["slow"].status is Status.RUNNING
    await run.did("give secrets", values={"token": CANARY})
    state = await run.status("slow", Status.FAILED)
    assert "it wrote a secret to $RUNBOOK_OUTPUT" in state.steps["slow"].reason
    assert not in_clear(run)
