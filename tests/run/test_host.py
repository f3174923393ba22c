"""A run under its host: intents, steps, checks, viewers."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.events import CheckTried, StepEnded, StepStarted, VariableSet
from mobius_tui.run.follow import Follower
from mobius_tui.run.intents import Intent
from mobius_tui.run.starter import _start_host, prepare
from mobius_tui.run.starter import begin as begin_run
from mobius_tui.run.state import RunState
from mobius_tui.run.takeover import Order
from mobius_tui.run.verify import verify
from mobius_tui.run.viewer import Viewer, open_socket
from tests.conftest import MakeRunbook
from tests.run.conftest import Begin
from tests.run.running import LIMIT, Running, alive, wait_for

ONE = """
[[phase]]
id = "p"
title = "P"
"""


def step(step_id: str, script: str = "true", more: str = "") -> str:
    return (
        f'[[phase.step]]\nid = "{step_id}"\ntitle = "{step_id}"\n'
        f"run = '''\n{script}\n'''\n{more}\n"
    )


async def test_a_step_runs_and_its_output_is_kept(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo out; echo err >&2"))
    await run.did("start", "a")
    state = await run.status("a", "passed")
    last = state.steps["a"].last
    assert last is not None
    assert last.output_bytes == 8
    assert last.exit == 0
    assert run.directory.attempt("a", 1).output.read_text().count("\n") == 2


async def test_everything_of_a_run_is_private(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("end")
    await run.over()
    for folder, _, files in os.walk(run.directory.path):
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        for name in files:
            assert (Path(folder) / name).lstat().st_mode & 0o077 == 0


async def test_a_repeated_intent_gets_the_first_answer(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo once"))
    intent = Intent(wish="start", step="a", attempt=1, id="same")
    assert run.viewer is not None
    first = await run.viewer.intend(intent)
    again = await run.viewer.intend(intent)
    assert first.ok
    assert (again.ok, again.n) == (True, first.n)
    await run.status("a", "passed")
    started = [e for e in run.entries() if isinstance(e.event, StepStarted)]
    assert len(started) == 1


async def test_a_late_intent_is_refused(begin: Begin) -> None:
    run = await begin(ONE + step("a", "exit 1"))
    await run.did("start", "a")
    await run.status("a", "failed")
    late = await run.intend("retry", "a", attempt=1)
    assert not late.ok
    assert "moved on" in late.text
    await run.did("retry", "a")


async def test_one_step_at_a_time_unless_it_follows(begin: Begin) -> None:
    body = ONE + step("f", "sleep 60", "follow = true") + step("a", "sleep 60")
    run = await begin(body + step("b"))
    await run.did("start", "f")
    await run.did("start", "a")
    refused = await run.intend("start", "b")
    assert "is running; one at a time" in refused.text
    await run.did("stop", "a")
    await run.status("a", "stopped")
    await run.did("stop", "f")
    await run.status("f", "passed")


async def test_a_gate_a_need_and_a_variable_are_waited_for(begin: Begin) -> None:
    body = (
        "[var.v]\n"
        + ONE
        + step("a", "exit 1", "gate = true")
        + step("b", "true")
        + step("c", 'echo "$v"', 'needs = ["b"]')
    )
    run = await begin(body)
    await run.did("start", "a")
    await run.status("a", "failed")
    assert "waits: gate 1.1" in (await run.intend("start", "b")).text
    skip = await run.intend("skip", "a", text="no")
    assert "is a gate" in skip.text
    await run.did("override", "a", text="seen by hand")
    assert "needs 1.2" in (await run.intend("start", "c")).text
    await run.did("start", "b")
    await run.status("b", "passed")
    assert "no v yet" in (await run.intend("start", "c")).text
    await run.did("set", values={"v": "1"})
    await run.did("start", "c")
    await run.status("c", "passed")


async def test_outputs_become_variables_and_a_missing_one_fails(begin: Begin) -> None:
    script = 'echo "v=a=b c" >> "$RUNBOOK_OUTPUT"'
    body = (
        ONE
        + step("a", script, 'outputs = ["v"]')
        + step("b", 'printf %s "$v"')
        + step("c", "true", 'outputs = ["w"]')
    )
    run = await begin(body)
    await run.did("start", "a")
    state = await run.status("a", "passed")
    assert state.variables["v"].text == "a=b c"
    await run.did("start", "b")
    await run.status("b", "passed")
    assert run.directory.attempt("b", 1).output.read_text() == "a=b c"
    await run.did("start", "c")
    state = await run.status("c", "failed")
    assert "did not write w=" in state.steps["c"].reason


async def test_warnings_and_continue(begin: Begin) -> None:
    body = (
        ONE
        + step("a", "exit 3", "warning = [3]")
        + step("b", "exit 4", 'on_failure = "continue"')
        + step("c", "exit 5", "success = [5]")
    )
    run = await begin(body)
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert state.steps["a"].status == "warned"
    assert state.steps["b"].status == "warned"
    assert state.steps["c"].status == "passed"


async def test_a_check_that_does_not_hold_fails_its_step(
    begin: Begin, tmp_path: Path
) -> None:
    check = (
        "[phase.step.check]\n"
        f'file = {{ path = "{tmp_path}/there", attempts = 3, every = "10ms" }}'
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
        'attempts = 9, every = "10ms" }'
    )
    run = await begin(ONE + step("a", "true", check))
    await run.did("start", "a")
    state = await run.status("a", "passed")
    last = state.steps["a"].last
    assert last is not None
    assert [look.held for look in last.looks] == [True, True, False, True, True, True]
    assert [look.row for look in last.looks] == [1, 2, 0, 1, 2, 3]


async def test_a_stop_during_checks(begin: Begin, tmp_path: Path) -> None:
    check = (
        "[phase.step.check]\n"
        f'file = {{ path = "{tmp_path}/no", attempts = 900, every = "50ms" }}'
    )
    run = await begin(ONE + step("a", "true", check))
    await run.did("start", "a")
    await run.until(lambda s: s.steps["a"].last and s.steps["a"].last.looks)
    await run.did("stop", "a")
    await run.status("a", "stopped")


async def test_a_manual_step_wants_answers_that_match(begin: Begin) -> None:
    body = ONE + (
        '[[phase.step]]\nid = "m"\ntitle = "m"\nmanual = "Page them"\n'
        "ask = { var = \"who\", match = '@[a-z]+' }\n"
    )
    run = await begin(body)
    assert "an answer is wanted" in (await run.intend("tick", "m")).text
    wrong = await run.intend("tick", "m", values={"who": "ana"})
    assert "does not match" in wrong.text
    await run.did("tick", "m", values={"who": "@ana"}, text="by phone")
    state = run.state
    assert state.steps["m"].status == "passed"
    assert state.variables["who"].text == "@ana"


CHOICE = (
    ONE
    + """
[[phase.step]]
id = "which"
title = "Which?"
[phase.step.choose]
var = "kind"
[[phase.step.choose.option]]
value = "code"
[[phase.step.choose.option]]
value = "data"
go = "side"
[[phase.step.choose.option]]
value = "none"
end = true
"""
    + step("a", "true", 'when = { kind = ["code"] }')
    + '[[phase]]\nid = "side"\ntitle = "Side"\naside = true\n'
    + step("s")
)


async def test_a_choice_decides_what_applies(begin: Begin) -> None:
    run = await begin(CHOICE)
    assert "waits: kind is not decided" in (await run.intend("start", "a")).text
    await run.did("choose", "which", names=("data",))
    assert run.state.frames[0].phase == "side"
    assert "does not apply" in (await run.intend("start", "a")).text
    await run.did("start", "s")
    await run.until(lambda s: not s.frames)
    await run.did("choose", "which", names=("code",))
    await run.did("start", "a")
    await run.status("a", "passed")
    assert (
        "give a reason" in (await run.intend("choose", "which", names=("data",))).text
    )
    await run.did("choose", "which", names=("none",), text="it recovered")
    assert (await run.over()).ended is not None


FAILS = (
    ONE
    + step("a", "exit 1", 'on_failure = "repair"\ngate = true')
    + step("b")
    + '[[phase]]\nid = "repair"\ntitle = "Repair"\naside = true\n'
    + step("r")
)


async def test_a_failure_phase_repairs_in_auto(begin: Begin) -> None:
    run = await begin(FAILS)
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert state.steps["a"].status == "recovered"
    assert state.steps["b"].status == "passed"


async def test_a_failure_phase_is_offered_to_a_person(begin: Begin) -> None:
    run = await begin(FAILS)
    await run.did("start", "a")
    await run.status("a", "failed")
    assert "gate" in (await run.intend("start", "b")).text
    await run.did("enter", "a", phase="repair")
    await run.did("start", "r")
    await run.status("a", "recovered")
    await run.did("start", "b")


async def test_auto_fails_with_the_reason(begin: Begin) -> None:
    run = await begin(ONE + step("a", "echo broken >&2; exit 7") + step("b"))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "failed"
    assert "exit 7" in state.ended.reason
    assert state.steps["b"].status == "pending"


async def test_auto_retries_as_the_step_says(begin: Begin, tmp_path: Path) -> None:
    script = f"test -e {tmp_path}/second || {{ touch {tmp_path}/second; exit 1; }}"
    retry = 'retry = { attempts = 3, every = "10ms" }'
    run = await begin(ONE + step("a", script, retry))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert len(state.steps["a"].attempts) == 2


async def test_auto_stops_for_a_person(begin: Begin) -> None:
    body = ONE + '[[phase.step]]\nid = "m"\ntitle = "m"\nmanual = "Do it"\n'
    run = await begin(body)
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == 4
    assert state.ended is None
    assert run.directory.host() is not None


PROTECTED = (
    """format = 1
[runbook]
id = "test"
title = "Test"
environment = "env"
protected = ["production"]
[var.env]
default = "production"
"""
    + ONE
    + step("a", "true", 'effect = "destroy"')
)


async def test_what_destroys_wants_the_name_typed(begin: Begin) -> None:
    run = await begin(PROTECTED)
    assert "type the environment's name" in (await run.intend("start", "a")).text
    wrong = await run.intend("start", "a", confirm="Production")
    assert not wrong.ok
    await run.did("start", "a", confirm="production")
    await run.status("a", "passed")


async def test_auto_wants_yes_for_what_destroys(begin: Begin) -> None:
    run = await begin(PROTECTED)
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert "--yes" in state.auto_stopped.reason
    await run.auto(yes="yes")
    assert (await run.over()).steps["a"].status == "passed"


async def test_ticking_by_itself_is_refused_where_it_is_protected(begin: Begin) -> None:
    run = await begin(PROTECTED)
    reply = await run.intend("auto", None, values={"--manual": "tick"})
    assert "refused in production" in reply.text


async def test_ending_is_refused_while_a_change_runs(begin: Begin) -> None:
    run = await begin(ONE + step("a", "sleep 60"))
    await run.did("start", "a")
    assert "still running" in (await run.intend("end")).text
    await run.did("stop", "a")
    await run.status("a", "stopped")
    await run.did("end", text="enough")
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "failed"
    assert run.directory.record.exists()


async def test_ending_stops_what_follows(begin: Begin) -> None:
    run = await begin(ONE + step("f", "echo $$; sleep 60", "follow = true") + step("a"))
    await run.did("start", "f")
    await run.output("f", "\n")
    pid = int(run.directory.attempt("f", 1).output.read_text())
    await run.did("end")
    await run.over()
    assert not alive(pid)
    ends = [e.event for e in run.entries() if isinstance(e.event, StepEnded)]
    assert [end.result for end in ends] == ["passed"]


async def test_what_follows_ends_with_its_phase(begin: Begin) -> None:
    run = await begin(ONE + step("f", "sleep 60", "follow = true") + step("a"))
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    assert state.steps["f"].status == "passed"


async def test_what_follows_goes_on_while_a_failed_step_is_undecided(
    begin: Begin,
) -> None:
    run = await begin(ONE + step("f", "sleep 60", "follow = true") + step("a", "false"))
    await run.did("start", "f")
    await run.did("start", "a")
    await run.status("a", "failed")
    await run.did("note", text="the host has settled what came before this")
    assert run.state.steps["f"].status == "running"
    await run.did("override", "a", text="looked at")
    await run.status("f", "passed")
    await run.did("end")
    await run.over()


async def test_two_viewers_see_the_same(begin: Begin) -> None:
    run = await begin(ONE + step("a", "sleep 0.05"))
    other = Viewer(run.directory)

    async def watch() -> None:
        async for _ in other.changes():
            if other.follower.state.steps["a"].status == "passed":
                return

    watching = asyncio.create_task(watch())
    await run.did("start", "a")
    await run.status("a", "passed")
    await asyncio.wait_for(watching, LIMIT)
    assert run.viewer is not None
    assert other.follower.state.steps == run.viewer.follower.state.steps
    await other.close()


async def test_a_second_host_is_refused_and_names_the_first(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    first = run.directory.host()
    with pytest.raises(RunError, match=f"host process {first} already"):
        await _start_host(run.directory, Order(), run.runbook)
    assert run.directory.host() == first
    await run.did("start", "a")


async def test_a_drill_that_nobody_watches_ends(
    make_runbook: MakeRunbook,
) -> None:
    book = make_runbook(ONE + step("a", "echo here; sleep 60"))
    first = prepare(book, given={}, mode="drill")
    directory = await begin_run(first)
    run = Running(book)
    run.directory = directory
    try:
        await run._look()
        await run.did("start", "a")
        await run.output("a", "here")
        run.kill_host()
        await run.drop()
        await _start_host(directory, Order(unwatched=0.2), book)
        state = await asyncio.to_thread(ended_state, directory)
        assert state.ended is not None
        assert state.ended.outcome == "abandoned"
        assert state.steps["a"].status == "stopped"
    finally:
        await run.close()


def ended_state(directory: RunDirectory) -> RunState:
    """The state of a run whose host has let go."""
    wait_for(lambda: directory.host() is None)
    return Follower(directory).state


async def test_variables_reach_scripts_as_they_are(
    begin: Begin, tmp_path: Path
) -> None:
    value = "$(touch x); \"' \\n `id` \n${HOME}"
    body = "[var.v]\n" + ONE + step("a", 'printf %s "$v"')
    run = await begin(body, v=value)
    await run.did("start", "a")
    await run.status("a", "passed")
    assert run.directory.attempt("a", 1).output.read_text() == value
    assert not (tmp_path / "x").exists()


SECRET = "hunter2-is-secret"
SECRETS = (
    '[var.token]\nfrom_env = "THE_TOKEN"\nsecret = true\n'
    + ONE
    + step(
        "named",
        'sleep 0.3; echo "$TOKEN" | rev; echo "<$TOKEN>"',
        'secrets = { TOKEN = "token" }',
    )
    + step("other", 'env; echo "${TOKEN-none} ${THE_TOKEN-none}"')
)


async def test_secrets_reach_only_who_names_them(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_TOKEN", SECRET)
    run = await begin(SECRETS)
    await run.did("start", "named")
    run.keeper("named")
    listed = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    assert any("keeper.py" in " ".join(words) for words in listed)
    assert not any(SECRET in " ".join(words) for words in listed)
    await run.status("named", "passed")
    named = run.directory.attempt("named", 1).output.read_text()
    assert named == f"{SECRET[::-1]}\n<[redacted]>\n"
    await run.did("start", "other")
    await run.status("other", "passed")
    other = run.directory.attempt("other", 1).output.read_text()
    assert other.endswith("none none\n")
    await run.did("end")
    await run.over()
    for folder, _, files in os.walk(run.directory.path):
        for name in files:
            path = Path(folder) / name
            if path.is_file():
                assert SECRET.encode() not in path.read_bytes(), path


async def test_a_missing_secret_makes_its_step_wait(begin: Begin) -> None:
    run = await begin(SECRETS)
    assert "no token yet" in (await run.intend("start", "named")).text


async def test_a_step_that_wants_approval_does_not_start(begin: Begin) -> None:
    run = await begin(ONE + step("a", "true", 'approve = { role = "Lead" }'))
    assert "wants approval by Lead" in (await run.intend("start", "a")).text


async def test_an_interactive_prompt_gets_nothing(begin: Begin) -> None:
    run = await begin(ONE + step("a", "read -r answer"))
    await run.did("start", "a")
    await run.status("a", "failed")


async def test_verify_finds_any_changed_byte(begin: Begin) -> None:
    run = await begin(ONE + step("a", "seq 50"))
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("end")
    await run.over()
    assert tuple(verify(run.directory)) == ()
    output = run.directory.attempt("a", 1).output
    for path in (output, run.directory.journal, run.directory.attempt("a", 1).spans):
        good = path.read_bytes()
        for place in (0, len(good) // 2, len(good) - 2):
            changed = bytearray(good)
            changed[place] ^= 0x10
            path.write_bytes(changed)
            assert tuple(verify(run.directory)), (path, place)
        path.write_bytes(good)
    runbook = run.directory.runbook / "test.toml"
    runbook.write_bytes(runbook.read_bytes() + b"# more\n")
    assert any("runbook was changed" in wrong for wrong in verify(run.directory))


async def test_verify_finds_a_cut_end_by_its_head(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    await run.did("end")
    await run.over()
    head = Viewer(run.directory).follower.head
    assert tuple(verify(run.directory, head)) == ()
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    run.directory.journal.write_bytes(b"".join(lines[:-1]))
    assert any("record.toml" in wrong for wrong in verify(run.directory))
    run.directory.record.unlink()
    assert tuple(verify(run.directory)) == ()
    assert any("cut from its end" in wrong for wrong in verify(run.directory, head))


async def test_a_slow_viewer_holds_nobody_up(begin: Begin) -> None:
    run = await begin(ONE + step("a", "true"))
    reader, writer = await open_socket(run.directory.socket)
    writer.write(b'{"wish": "note", "id": "x", "text": ')
    writer.write(b"not json\n")
    await writer.drain()
    answer = await reader.readline()
    while b"poke" in answer:
        answer = await reader.readline()
    assert b"no intent" in answer
    await run.did("start", "a")
    writer.close()
    assert any(isinstance(e.event, VariableSet) for e in run.entries()) is False
