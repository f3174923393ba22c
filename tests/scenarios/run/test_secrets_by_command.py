"""Secrets that the host gets by a command, or from a file, when a step needs them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.state.step_state import Status
from tests.run.conftest import Begin
from tests.run.running import alive
from tests.run.webhooks import webhook
from tests.waiting import PATIENCE, wait_for

CANARY = "c4n4ry-in-a-vault"
KEY = "-----BEGIN KEY-----\nk3y-0f-many\nl1nes-and-more\n-----END KEY-----"
BOOK = """
format = 2
[runbook]
title = "Vault"
[commands]
"./vault" = "read"
[var.token]
secret = true
from_run = './vault "$place"'
[var.key]
secret = true
from_file = "key"
[var.place]
default = "eu"
[var.count]
kind = "int"
max = 3
[[step]]
id = "use"
title = "Use it"
run = 'echo "<$T>"; echo "$K"; echo "$T" | rev'
secrets = { T = "token", K = "key" }
[[step]]
id = "look"
run = 'uptime'
[[step]]
id = "ask"
title = "Ask"
manual = "How many?"
ask = { var = "count" }
check.run = { script = 'test "$count" = 3', attempts = 1 }
"""
VAULT = """#!/bin/bash
echo "$1" >> calls
if [ -e sealed ]; then cat token; echo "Error: $(cat token) is sealed" >&2; exit 2; fi
if [ -e slow ]; then sleep 300 & echo $! > child; echo $$ > pid; wait; fi
cat token
"""
WAITS = 'waits: no token yet: `./vault "$place"` failed: exit 2: Error: '


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """The folder of a vault, which is unsealed."""
    program = tmp_path / "vault"
    program.write_text(VAULT)
    program.chmod(0o755)
    (tmp_path / "token").write_text(CANARY + "\n")
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "key").chmod(0o600)
    return tmp_path


def calls(vault: Path) -> int:
    found = vault / "calls"
    return found.read_text().count("eu\n") if found.exists() else 0


async def test_a_secret_is_got_when_needed_and_is_found_nowhere(
    begin: Begin, vault: Path
) -> None:
    (vault / "sealed").touch()
    (vault / "key").chmod(0o644)
    run = await begin(BOOK)
    await run.did("start", "look")
    await run.status("look", Status.PASSED)
    assert calls(vault) == 0, "no step has needed it"
    reply = await run.intend("start", "use")
    assert not reply.ok
    assert f"1.1 Use it {WAITS}[redacted] is sealed; no key yet: " in reply.text
    assert f"chmod 600 {vault / 'key'}" in reply.text
    assert not run.state.steps["use"].attempts, "the step has not begun"
    (vault / "sealed").unlink()
    (vault / "key").chmod(0o600)
    await run.did("start", "use")
    await run.status("use", Status.PASSED)
    assert calls(vault) == 2, "what is there is not got again"
    output = run.directory.attempt("use", 1).output.read_text()
    assert output.startswith("<[redacted]>\n[redacted]\n")
    reply = await run.intend("tick", "ask", values={"count": "4"})
    assert "count: '4' is more than the most, 3" in reply.text
    run.kill_host()
    await run.resume()
    assert run.state.lost_secrets == ()
    await run.did("retry", "use")
    await run.until(lambda state: len(state.steps["use"].attempts) == 2)
    await run.status("use", Status.PASSED)
    assert calls(vault) == 3, "a new host gets it anew"
    await run.did("tick", "ask", values={"count": " 3 "})
    await run.status("ask", Status.PASSED)
    known = [
        (entry.event.name, entry.event.value)
        for entry in run.entries()
        if isinstance(entry.event, VariableSet) and entry.event.source == "secret"
    ]
    assert known == [("token", None), ("key", None)]
    await run.did("end")
    await run.over()
    for path in run.directory.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for secret in (CANARY, "k3y-0f-many", "l1nes-and-more"):
                assert secret.encode() not in data, path


async def test_a_killed_host_leaves_no_command_and_a_slow_one_holds_nothing_up(
    begin: Begin, vault: Path
) -> None:
    (vault / "slow").touch()
    run = await begin(BOOK)
    asked = asyncio.create_task(run.intend("start", "use"))
    files = (vault / "pid", vault / "child")
    async with asyncio.timeout(PATIENCE):
        while not all(each.exists() and each.read_text() for each in files):
            await asyncio.sleep(0.005)
    pids = [int(each.read_text()) for each in files]
    await run.did("note", text="asked meanwhile")
    await run.did("start", "look")
    await run.status("look", Status.PASSED)
    assert not asked.done()
    run.kill_host()
    wait_for(lambda: not any(map(alive, pids)))
    assert not (await asked).ok
    (vault / "slow").unlink()
    await run.resume()
    await run.did("start", "use")
    await run.status("use", Status.PASSED)


async def test_auto_stops_for_a_person_where_there_is_no_secret(
    begin: Begin, vault: Path
) -> None:
    (vault / "sealed").touch()
    run = await begin(BOOK)
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert state.auto_stopped is not None
    assert re.search(
        r"1.1 Use it waits: no token yet: .*exit 2", state.auto_stopped.reason
    )
    assert not state.steps["use"].attempts
    (vault / "sealed").unlink()
    await run.auto()
    await run.status("use", Status.PASSED)


TOLD = """
format = 2
[runbook]
title = "Told"
[var.hook]
secret = true
from_run = "cat hook"
[var.token]
secret = true
from_run = "cat token"
[health]
every = "100ms"
[[health.probe]]
id = "api"
url = "PROBED"
headers = { Authorization = "Bearer ${token}" }
[[channel]]
id = "hook"
kind = "webhook"
url = "${hook}"
[[message]]
id = "m"
title = "M"
body = "Started"
[[step]]
id = "tell"
title = "Tell"
message = "m"
to = ["hook"]
"""


async def test_channels_and_probes_get_their_secrets_too(
    begin: Begin, vault: Path
) -> None:
    asked: list[bytes] = []

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with webhook() as hook:
        (vault / "hook").write_text(hook.url)
        run = await begin(TOLD.replace("PROBED", f"http://127.0.0.1:{port}/health"))
        await run.until(lambda _: asked)
        assert f"Bearer {CANARY}".encode() in asked[0]
        await run.did("send", "tell", text="We begin.", names=("hook",))
        await run.until(lambda _: hook.came)
        await run.did("end")
        await run.over()
    server.close()
    for path in run.directory.path.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
            assert hook.url.encode() not in path.read_bytes(), path


LATE = """
format = 2
[runbook]
title = "Late"
[var.token]
secret = true
from_run = "cat vault"
[[phase]]
title = "P"
parallel = true
[[phase.step]]
id = "early"
effect = "read"
run = "printf c4n4; touch begun; until [ -e go ]; do sleep 0.01; done; cat late"
[[phase.step]]
id = "user"
effect = "read"
secrets = { T = "token" }
run = 'echo "$T"'
"""


@pytest.mark.parametrize("is_killed", [False, True])
async def test_what_runs_already_is_told_of_it(
    begin: Begin, tmp_path: Path, is_killed: bool
) -> None:
    """Also by another host than the one that began it, and within what is held back."""
    (tmp_path / "vault").write_text(CANARY)
    (tmp_path / "late").write_text(f"ry-in-a-vault {CANARY}\n")
    run = await begin(LATE)
    await run.did("start", "early")
    await run.output("early", "c4n4")
    if is_killed:
        run.kill_host()
        await run.resume()
    await run.did("start", "user")
    await run.status("user", Status.PASSED)
    attempt = run.directory.attempt("early", 1)
    assert attempt.told_secrets.is_socket()
    (tmp_path / "go").touch()
    await run.status("early", Status.PASSED)
    # Its first letters were on the disk before anybody knew that it is a secret.
    assert attempt.output.read_text() == "c4n4ry-in-a-vault [redacted]\n"
    assert not attempt.told_secrets.exists(), "it leaves nothing behind"
