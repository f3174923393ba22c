"""A step's checks: how often they are made, and what they decide."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.step_events import CheckTried
from tests.run.books import ONE, step
from tests.run.conftest import Begin


async def test_a_check_that_does_not_hold_fails_its_step(
    begin: Begin, tmp_path: Path
) -> None:
    check = (
        "[phase.step.check]\n"
        f'file = {{ path = "{tmp_path}/there", attempts = 3, every = "100ms" }}'
    )
    run = await begin(ONE + step("a", "true", check))
    await run.did("start", "a")
    state = await run.status("a", "failed")
    assert "file check" in state.steps["a"].reason
    looks = [e.event for e in run.entries() if isinstance(e.event, CheckTried)]
    assert [look.look for look in looks] == [1, 2, 3]
    (tmp_path / "there").touch()
    await run.did("retry", "a")
    await run.status("a", "passed")


async def test_three_in_a_row_start_again_after_a_miss(
    begin: Begin, tmp_path: Path
) -> None:
    script = (
        f"n=$(cat {tmp_path}/n 2>/dev/null || echo 0); n=$((n + 1)); "
        f"echo $n > {tmp_path}/n; test $n -ne 3"
    )
    check = (
        f"[phase.step.check]\nrun = {{ script = '{script}', consecutive = 3, "
        'attempts = 9, every = "100ms" }'
    )
    run = await begin(ONE + step("a", "true", check))
    await run.did("start", "a")
    state = await run.status("a", "passed")
    last = state.steps["a"].last_attempt
    assert last is not None
    assert [look.held for look in last.check_tries] == [
        True,
        True,
        False,
        True,
        True,
        True,
    ]
    assert [look.held_in_row for look in last.check_tries] == [1, 2, 0, 1, 2, 3]


async def test_until_looks_until_it_holds_or_its_time_is_over(
    begin: Begin, tmp_path: Path
) -> None:
    until = f'until = {{ file = "{tmp_path}/there", every = "100ms", for = "NEVERs" }}'
    text = "format = 2\n[runbook]\ntitle = 'X'\n"
    for name, lasts in (("never", "0.3"), ("some-day", "60")):
        text += f"[[step]]\ntitle = '{name}'\n{until.replace('NEVER', lasts)}\n"
    run = await begin(text)
    await run.did("start", "never")
    state = await run.status("never", "failed")
    words = f"file check: not within 0.3 s: {tmp_path}/there does not exist"
    assert state.steps["never"].reason == words
    last = state.steps["never"].last_attempt
    assert last is not None
    assert len(last.check_tries) >= 2
    await run.did("start", "some-day")
    await run.until(lambda s: len(s.steps["some-day"].attempts[-1].check_tries) > 1)
    (tmp_path / "there").touch()
    await run.status("some-day", "passed")


async def test_a_check_whose_tries_ran_out_does_not_say_that_its_time_did(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(
        f"""format = 2
[runbook]
title = "X"
[[step]]
title = "a"
run = "true"
check.file = {{ path = "{tmp_path}/no", attempts = 2, every = "100ms", for = "10m" }}
"""
    )
    await run.did("start", "a")
    state = await run.status("a", "failed")
    assert state.steps["a"].reason == f"file check: {tmp_path}/no does not exist"


async def test_a_log_since_the_step_began(begin: Begin, tmp_path: Path) -> None:
    log, began, go = tmp_path / "app.log", tmp_path / "began", tmp_path / "go"
    log.write_text("an old ERROR\n")
    until = f"touch {began}; until [ -e {go} ]; do sleep 0.05; done"
    run = await begin(
        f"""format = 2
[runbook]
title = "X"
[[step]]
title = "clean"
run = "true"
check.log = {{ file = "{log}", not = "ERROR" }}
[[step]]
title = "broken"
run = "{until}; echo an ERROR >> {log}"
check.log = {{ file = "{log}", not = "ERROR" }}
[[step]]
title = "waits"
until = {{ log = {{ file = "{log}", match = "ready" }}, every = "100ms", for = "60s" }}
"""
    )
    await run.did("start", "clean")
    await run.status("clean", "passed")
    await run.did("start", "broken")
    await run.until(lambda _: began.exists())
    # Another host knows it, too.
    run.kill_host()
    await run.resume()
    go.touch()
    state = await run.status("broken", "failed")
    words = "line 1 matches 'ERROR': an ERROR; wanted none"
    assert state.steps["broken"].reason.endswith(words)
    await run.did("start", "waits")
    await run.until(lambda s: s.steps["waits"].attempts[-1].check_tries)
    with log.open("a") as file:
        file.write("ready\n")
    await run.status("waits", "passed")


async def test_a_stop_during_checks(begin: Begin, tmp_path: Path) -> None:
    check = (
        "[phase.step.check]\n"
        f'file = {{ path = "{tmp_path}/no", attempts = 900, every = "100ms" }}'
    )
    run = await begin(ONE + step("a", "true", check))
    await run.did("start", "a")
    await run.until(
        lambda s: s.steps["a"].last_attempt and s.steps["a"].last_attempt.check_tries
    )
    await run.did("stop", "a")
    await run.status("a", "stopped")


async def test_a_pause_that_is_no_duration_fails_the_check_at_once(
    begin: Begin, tmp_path: Path
) -> None:
    check = (
        "[phase.step.check]\n"
        f'file = {{ path = "{tmp_path}/no", attempts = 60, every = "${{a}}${{b}}" }}'
    )
    run = await begin(
        "[var.a]\n[var.b]\n" + ONE + step("a", "true", check), a="so", b="on"
    )
    await run.did("start", "a")
    state = await run.status("a", "failed")
    assert "`every`: 'soon' is no duration" in state.steps["a"].reason
    assert not any(isinstance(e.event, CheckTried) for e in run.entries())


async def test_a_log_is_that_of_the_attempt_that_is_undone(
    begin: Begin, tmp_path: Path
) -> None:
    for name in ("old", "new"):
        (tmp_path / f"{name}.log").touch()
    run = await begin(
        """format = 2
[runbook]
title = "X"
[var.name]
default = "old"
[[step]]
id = "a"
run = 'touch "$name"'
[step.undo]
run = 'echo undone >> old.log'
check.log = { file = "${name}.log", match = "undone" }
"""
    )
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("set", values={"name": "new"})
    await run.did("undo", steps=("a",))
    await run.did("start", "undo-a")
    state = await run.status("undo-a", "passed", "failed")
    assert state.steps["undo-a"].status == "passed", state.steps["undo-a"].reason


async def test_a_variable_says_how_many_looks(begin: Begin, tmp_path: Path) -> None:
    """Known before the run, given by a step, and refused where it is no number."""
    check = f'file = {{ path = "{tmp_path}/no", attempts = "${{n}}", every = "100ms" }}'
    gives = f'echo "n=$(cat {tmp_path}/n)" >> "$RUNBOOK_OUTPUT"'
    text = "format = 2\n[runbook]\ntitle = 'X'\n"
    text += f"[[step]]\ntitle = 'Count'\nrun = '''{gives}'''\noutputs = ['n']\n"
    text += f"[[step]]\ntitle = 'Look'\ncheck.{check}\n"
    (tmp_path / "n").write_text("many\n")
    run = await begin(text)
    await run.did("start", "count")
    state = await run.status("count", "failed")
    words = "n: 'many' is none: `attempts` is a whole number from 1 to 10000"
    assert words in state.steps["count"].reason
    (tmp_path / "n").write_text("3\n")
    await run.did("retry", "count")
    await run.status("count", "passed")
    await run.did("start", "look")
    await run.status("look", "failed")
    looks = [e.event for e in run.entries() if isinstance(e.event, CheckTried)]
    assert [look.look for look in looks] == [1, 2, 3]
