"""The host's socket: who keeps it waiting is dropped, and nobody else is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mobius_tui.health.ticker import boot_clock
from mobius_tui.run.host import control_server
from mobius_tui.run.host.control_server import ControlServer
from mobius_tui.run.intents.action import Caller
from mobius_tui.run.intents.control_protocol import (
    LIVENESS_REQUEST,
    MAX_INTENT_AGE,
    Envelope,
    Reply,
    decode_host_line,
    encode_envelope,
)
from mobius_tui.run.intents.intent_actions import PROTOCOL_VERSION
from mobius_tui.run.intents.run_intents import AddNote, ReleaseHost
from tests.run.asking import action
from tests.waiting import PATIENCE


async def judge(envelope: Envelope, _caller: Caller) -> Reply:
    return Reply(id=envelope.id, ok=True, text="")


@contextlib.asynccontextmanager
async def listening(
    folder: Path, monkeypatch: pytest.MonkeyPatch, patience: float
) -> AsyncIterator[ControlServer]:
    monkeypatch.chdir(folder)
    host = ControlServer(judge, line_timeout=patience)
    await host.listen(Path("control.sock"))
    yield host
    await host.close()


async def until_closed(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""


async def is_answered(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    writer.write(encode_envelope(Envelope(action=AddNote(text="x"), id="a")))
    line = await asyncio.wait_for(reader.readline(), PATIENCE)
    said = decode_host_line(line) if line else None
    return isinstance(said, Reply) and said.id == "a"


async def test_half_a_line_is_waited_for_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(tmp_path, monkeypatch, 0.1):
        viewer = await asyncio.open_unix_connection("control.sock")
        half, writer = await asyncio.open_unix_connection("control.sock")
        writer.write(b'{"wish":')
        await until_closed(half)
        assert await is_answered(*viewer), "who says nothing is a viewer, and stays"
        for each in (viewer[1], writer):
            each.close()


async def test_a_line_may_come_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(tmp_path, monkeypatch, 60):
        reader, writer = await asyncio.open_unix_connection("control.sock")
        line = encode_envelope(Envelope(action=AddNote(text="x"), id="first"))
        for byte in LIVENESS_REQUEST + line:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        assert decode_host_line(await reader.readline()) == 0, "a sign, and no more"
        said = decode_host_line(await reader.readline())
        assert isinstance(said, Reply)
        assert said.ok
        assert await is_answered(reader, writer)
        writer.close()


async def test_more_connections_than_any_run_has_are_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_server, "MAX_CONNECTIONS", 5)
    async with listening(tmp_path, monkeypatch, 60) as host:
        held = [await asyncio.open_unix_connection("control.sock") for _ in range(5)]
        for reader, writer in held:
            assert await is_answered(reader, writer)
        assert host.viewer_count == 5
        extra, writer = await asyncio.open_unix_connection("control.sock")
        await until_closed(extra)
        assert host.viewer_count == 5
        assert await is_answered(*held[0])
        for each in (writer, *(one for _, one in held)):
            each.close()


@pytest.mark.parametrize(
    ("word", "ago", "heeded"),
    [
        ("start", 0, True),
        ("start", MAX_INTENT_AGE - 5, True),
        ("start", MAX_INTENT_AGE + 5, False),
        ("approve", MAX_INTENT_AGE + 5, False),
        ("rollback", MAX_INTENT_AGE + 5, False),
        ("end", MAX_INTENT_AGE + 5, False),
        ("stop", 3600, True),
        ("disarm", 3600, True),
        ("hold", 3600, True),
        ("start", -3600, True),
    ],
)
async def test_what_was_asked_for_long_ago_begins_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    word: str,
    ago: float,
    heeded: bool,
) -> None:
    step = "a" if word in ("start", "approve", "stop") else None
    asked = action(word, step, attempt=1)
    envelope = Envelope(action=asked, id="x", sent=max(0, boot_clock() - ago))
    async with listening(tmp_path, monkeypatch, 60):
        reader, writer = await asyncio.open_unix_connection("control.sock")
        writer.write(encode_envelope(envelope))
        said = decode_host_line(await asyncio.wait_for(reader.readline(), PATIENCE))
        writer.close()
    assert isinstance(said, Reply)
    assert (said.id, said.ok) == ("x", heeded)
    assert ("nothing was done" in said.text) is not heeded


@pytest.mark.parametrize("sent", ["1e999", "-1", "NaN", "1" + "0" * 400, "true", '"x"'])
async def test_a_time_that_is_none_is_no_intent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    async with listening(tmp_path, monkeypatch, 60):
        reader, writer = await asyncio.open_unix_connection("control.sock")
        line = encode_envelope(Envelope(action=ReleaseHost(), id="x"))
        writer.write(line.replace(b"null", sent.encode()))
        said = decode_host_line(await asyncio.wait_for(reader.readline(), PATIENCE))
        assert isinstance(said, Reply)
        assert said.id == "x", "whoever asked is answered"
        assert "this is no intent" in said.text
        assert await is_answered(reader, writer)
        writer.close()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            b'{"wish": "start", "step": "a", "attempt": 1, "id": "x"}',
            "its host version OURS: nothing was done. A newer mobius-tui runs this ",
        ),
        (
            b'{"version": NEXT, "id": "x", "sent": null, "action": "Fly", "to": ["a"]}',
            "its host version OURS: nothing was done. An older mobius-tui runs this ",
        ),
        (
            b'{"version": OURS, "id": "x", "sent": null, "action": "Fly"}',
            "no such action: 'Fly'",
        ),
        (b'{"version": OURS, "id": "x", "sent": null}', "it lacks action"),
        (b'{"version": "2", "id": "x"}', "its version is '2'"),
    ],
)
async def test_what_the_host_does_not_speak_is_answered_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, said: str
) -> None:
    said = said.replace("OURS", str(PROTOCOL_VERSION))
    for word, version in ((b"OURS", PROTOCOL_VERSION), (b"NEXT", PROTOCOL_VERSION + 1)):
        line = line.replace(word, str(version).encode())
    async with listening(tmp_path, monkeypatch, 60):
        reader, writer = await asyncio.open_unix_connection("control.sock")
        writer.write(line + b"\n")
        reply = decode_host_line(await asyncio.wait_for(reader.readline(), PATIENCE))
        assert isinstance(reply, Reply)
        assert (reply.id, reply.ok) == ("x", False), "whoever asked is answered"
        assert said in reply.text
        assert await is_answered(reader, writer)
        writer.close()


async def test_its_end_leaves_the_socket_to_whoever_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the version of Python does with a socket's file by itself."""
    async with listening(tmp_path, monkeypatch, 60) as ending:
        ending.stop_listening()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_unix_connection("control.sock")
        async with listening(tmp_path, monkeypatch, 60):
            await ending.close()
            reader, writer = await asyncio.open_unix_connection("control.sock")
            assert await is_answered(reader, writer), "it took the next one's away"
            writer.close()
