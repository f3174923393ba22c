"""What comes by a socket: intents, answers of probes and of webhooks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any

from mobius_tui.health import response_body
from mobius_tui.health.health_record import ProbeResult
from mobius_tui.health.health_record import decode_record as decode_health
from mobius_tui.health.health_record import encode_record as encode_health
from mobius_tui.health.http_client import new_http_client, send_request
from mobius_tui.health.probe import Prober, judge_answer
from mobius_tui.health.probe_target import fill_probe
from mobius_tui.run.host.control_server import ControlServer
from mobius_tui.run.host.dispatcher import Dispatcher
from mobius_tui.run.intents.action import FREE_TEXT_FIELDS, Action
from mobius_tui.run.intents.control_protocol import (
    Envelope,
    Reply,
    decode_host_line,
    encode_envelope,
)
from mobius_tui.run.intents.intent_actions import ACTIONS
from mobius_tui.run.intents.run_intents import AddNote
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import Clock, Journal, read_journal
from mobius_tui.run.messaging.webhook import post_webhook
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.variables import validate_value
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.probes import Figure, Probe
from mobius_tui.runbook.model.runbook import Variable
from mobius_tui.structs import replace
from tests.acceptance import mutations
from tests.acceptance.mutations import Sound
from tests.run.made_services import make_context, make_services
from tests.tui.runs import MadeRun

WITHIN = 5.0
"""Seconds that an answer may take; those that never come are cut off by us."""

BOOK = """format = 1
[runbook]
id = "wire"
title = "Wire"
[var.who]
[var.way]
[[message]]
id = "m"
title = "M"
body = "It is down: ${who}"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "a"
title = "Ask"
manual = "Ask them"
ask = { var = "who", match = "[a-z]+" }
[[phase.step]]
id = "c"
title = "Choose"
[phase.step.choose]
var = "way"
option = [{ value = "x", title = "X" }, { value = "y", title = "Y" }]
[[phase.step]]
id = "t"
title = "Tell"
message = "m"
[[phase]]
id = "aside"
title = "Aside"
aside = true
[[phase.step]]
id = "z"
title = "Z"
manual = "Look"
"""


class Wire:
    """Something that needs a loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()

    def close(self) -> None:
        self.wait(self._end())
        self.loop.close()

    async def _end(self) -> None:
        """End what waits for a viewer that has gone, or writes for it."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def wait(self, work: Coroutine[Any, Any, None]) -> None:
        """Carry work through."""
        self.loop.run_until_complete(work)


class Intents(Wire):
    """Lines on a host's socket, judged by its services, with a sound one after them."""

    patience = 10.0
    """Seconds that the host waits for the rest of a line."""
    within = WITHIN
    """Seconds that all of it may take."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        path = folder / "wire.toml"
        path.write_text(BOOK)
        self.book = load(path)
        self.run = MadeRun(folder / "runs", self.book, values={})
        self.began = self.run.directory.journal.read_bytes()
        os.chdir(self.run.directory.path)

    def make(self, dice: Random) -> bytes:
        lines = [self._line(dice) for _ in range(dice.choice((1, 1, 2, 4)))]
        if dice.random() < 0.02:
            lines.append(b"x" * (3 << 20))  # longer than any line may be
        if dice.random() < 0.05:
            lines.append(lines[-1][:-1])  # and no end comes
        return b"".join(lines)

    def _line(self, dice: Random) -> bytes:
        names = ("a", "c", "t", "z", "p", "aside", "x", None)
        kind = dice.choice(ACTIONS)
        given: dict[str, Any] = {
            "step": dice.choice(names),
            "from_step": dice.choice(names),
            "attempt": dice.choice((None, 0, 1, 2)),
            "phase": dice.choice(names),
            **dict.fromkeys(FREE_TEXT_FIELDS, dice.choice(("", "because"))),
            "values": {"way": "x"},
            "answers": {"who": "ana"},
            "batch": dice.choice((1, 2)),
            "host": dice.choice(("web-1", "-oX", "")),
            "settled": dice.choice(("ran", "skip", "x")),
            **dict.fromkeys(("options", "channels", "attended"), ("x",)),
            "deliveries": (1,),
            "act": "inject",
            "seal": "0" * 64,
        }
        own = {name: given[name] for name in kind.__struct_fields__ if name in given}
        action: Action = kind(**own)
        asked = Envelope(action=action, id=f"{dice.random()}")
        said = json.loads(encode_envelope(asked))
        roll = dice.random()
        if roll < 0.2:
            return mutations.text(dice, mutations.packed(said))
        return mutations.packed(mutations.tree(dice, said) if roll < 0.8 else said)

    def feed(self, data: bytes) -> None:
        self.run.directory.journal.write_bytes(self.began)
        self.wait(self._serve(data))
        Follower(self.run.directory)

    async def _serve(self, data: bytes) -> None:
        directory = self.run.directory
        tail = read_journal(directory.journal)
        clock = Clock(boot="b")
        journal = Journal(directory.journal, tail, clock)
        follower = Follower(directory)
        try:
            async with asyncio.TaskGroup() as tasks:
                context = make_context(
                    directory, Plan(self.book), follower.state, clock, tasks
                )
                dispatcher = Dispatcher(make_services(context, journal))
                control = ControlServer(
                    dispatcher.handle_intent, line_timeout=self.patience
                )
                await control.listen(directory.socket)
                try:
                    await asyncio.wait_for(self._talk(data), self.within)
                finally:
                    await control.close()
        finally:
            journal.close()

    async def _talk(self, data: bytes) -> None:
        """What is hostile, on one connection; what is sound, on another after it."""
        _, bad = await asyncio.open_unix_connection("control.sock")
        bad.write(data)
        reader, good = await asyncio.open_unix_connection("control.sock", limit=1 << 24)
        sound = Envelope(action=AddNote(text="sound"), id="sound")
        good.write(encode_envelope(sound))
        while True:
            said = decode_host_line(await reader.readline())
            if isinstance(said, Reply) and said.id == "sound":
                break
        for writer in (bad, good):
            writer.close()


class Slow(Intents):
    """Connections that say nothing, half of something, or one byte after the other.

    A sound viewer beside them is answered, and they are dropped in time.
    """

    patience = 0.3
    within = 30.0
    silent = 100
    """Connections that say nothing."""

    async def _talk(self, data: bytes) -> None:
        silent = [
            await asyncio.open_unix_connection("control.sock")
            for _ in range(self.silent)
        ]
        dripping = []
        halves = [data[:1], data[: len(data) // 2], data.replace(b"\n", b" ")]
        for half in halves:
            reader, writer = await asyncio.open_unix_connection("control.sock")
            writer.write(half.rstrip(b"\n") or b"{")
            dripping.append((reader, writer))
        drip = asyncio.create_task(self._drip(data, dripping[0][1]))
        await super()._talk(b"")
        for reader, _ in dripping:  # the host hangs up, whatever it said before
            with contextlib.suppress(ConnectionError):
                while await reader.read(1 << 16):
                    pass
        assert not any(reader.at_eof() for reader, _ in silent)
        drip.cancel()
        await super()._talk(b"")
        for _, writer in (*silent, *dripping):
            writer.close()

    async def _drip(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for byte in data.replace(b"\n", b" "):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.001)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = b'{"status":"ok","p95":12.5,"errors":{"rate":0.01},"list":[1,2]}'
SOUND = (
    HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n',
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 429 Busy\r\nRetry-After: 5\r\nContent-Length: 2\r\n\r\nno",
)
PROBE = Probe(
    id="api",
    title="API",
    url="http://127.0.0.1/",
    json={"status": "ok", "errors": {"rate": 0.01}, "list": (1, 2)},
    contains="ok",
    error_rate=Figure(at="/errors/rate", unit="fraction"),
    p95=Figure(at="/p95", unit="ms"),
)


class Answers(Wire):
    """What a server sends to a probe, and to whoever posts a message to it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.data = b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/hook"
        self.wait(self._listen())

    async def _listen(self) -> None:
        self.server = await asyncio.start_server(self._answer, sock=self.socket)
        self.client = new_http_client()

    def close(self) -> None:
        self.wait(self._hang_up())
        super().close()

    async def _hang_up(self) -> None:
        self.server.close()
        await self.server.wait_closed()
        await self.client.aclose()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read(1 << 16)
        writer.write(self.data)
        writer.close()

    def make(self, dice: Random) -> bytes:
        if dice.random() < 0.3:
            said = mutations.packed(mutations.tree(dice, json.loads(BODY)))
            return HEAD + b"Content-Length: %d\r\n\r\n" % len(said) + said
        return mutations.text(dice, dice.choice(SOUND), dice.choice(SOUND))

    def feed(self, data: bytes) -> None:
        self.data = data
        self.wait(self._ask())

    async def _ask(self) -> None:
        tried = await post_webhook(self.url, b"{}", within=WITHIN)
        assert tried.outcome in ("sent", "not sent", "unknown")
        answer = await send_request(
            self.client, url=self.url, within=WITHIN, redirects=1
        )
        verdict = judge_answer(answer, fill_probe(PROBE, str))
        check = ProbeResult(
            at=1.0,
            mono=1.0,
            probe="api",
            state=verdict.state,
            status=answer.status,
            ms=answer.ms,
            reason=verdict.reason,
            error_rate=verdict.error_rate,
            p95_ms=verdict.p95_ms,
        )
        assert decode_health(encode_health(check)) == check


VALUES = (
    *(b"/api/health?x=1", b"GET", b"/etc/ssl/ca.pem", b"ok", b"5s", b"text/plain"),
    *(b"0", b"-1s", b"1e9h", b"inf", b"nan", b"\xff\xfe", b"a b", b"%zz", b"::1", b""),
    *(b"HEAD / HTTP/1.1", b"CONNECT", b"/dev/stdin", b"/", b"xn--", b"x" * 300),
)
HOSTS = ("127.0.0.1", "[::1]", "", "127.0.0.1@127.0.0.1", "127.0.0.1#", "localhost.")
"""Hosts of a probe that leave the machine by no name server."""


class Values(Answers):
    """Values of variables that a probe, and checks of the network, are filled in with.

    One that cannot be asked is no fault of the service, and ends no watch.
    """

    def make(self, dice: Random) -> bytes:
        pieces = [mutations.text(dice, dice.choice(VALUES)) for _ in range(3)]
        return b"\n".join([b"%d" % dice.randrange(1 << 16), *pieces])

    def feed(self, data: bytes) -> None:
        number, *rest = data.decode("utf-8", "surrogateescape").split("\n")
        texts = ["".join(rest), *rest, *("".join(rest[::-1]),) * 3][:6]
        for text in texts:
            validate_value(Variable(name="v"), text)
        self.data = SOUND[int(number) % len(SOUND)]
        self.wait(self._probe(int(number), texts))

    async def _probe(self, number: int, texts: list[str]) -> None:
        host = HOSTS[number % len(HOSTS)]
        port = self.socket.getsockname()[1]
        fields = {
            "url": (f"http://{host}:{port}/", f"http://127.0.0.1:{port}/{texts[0]}"),
            "method": ("GET", texts[1]),
            "ca": (None, texts[2]),
            "contains": (None, texts[3]),
            "timeout": ("1s", texts[4]),
        }
        chosen: dict[str, Any] = {
            name: pair[number >> at & 1]
            for at, (name, pair) in enumerate(fields.items(), 3)
        }
        probe = replace(PROBE, headers={"X-A": texts[5], "Host": texts[0]}, **chosen)
        found = replace(fill_probe(probe, str), timeout=0.5)
        prober = Prober((found,), every=0.02, witness=(f"127.0.0.1:{texts[1]}",))
        seen: list[ProbeResult] = []
        came = asyncio.Event()

        def see(check: ProbeResult) -> None:
            seen.append(check)
            came.set()

        watching = asyncio.create_task(prober.run(see))
        waiting = asyncio.create_task(came.wait())
        await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
        for task in (watching, waiting):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching  # which raises what ended it by itself
        check = seen[0]
        assert decode_health(encode_health(check)) == check
        wanted = chosen["contains"]
        said = self.data.decode("utf-8", "replace")
        assert check.state != "ok" or wanted is None or (wanted and wanted in said)


class Bodies(Sound):
    """What stands in an answer, without a server between."""

    def __init__(self, _folder: Path) -> None:
        self.wanted = fill_probe(PROBE, str)

    def make(self, dice: Random) -> bytes:
        if dice.random() < 0.3:
            return mutations.text(dice, BODY)
        return mutations.packed(mutations.tree(dice, json.loads(BODY)))

    def feed(self, data: bytes) -> None:
        document = response_body.parse_json(data)
        assert response_body.body_mismatch(data, document, self.wanted.json, "x") != ""
        for figure in (self.wanted.error_rate, self.wanted.p95):
            found = response_body.reported_figure(document, figure, highest=1e9)
            assert found is None or 0 <= found <= 1e12


KINDS: mutations.Kinds = {
    "intent": (Intents, 0.02),
    "slow": (Slow, 0.0005),
    "answer": (Answers, 0.02),
    "body": (Bodies, 1.0),
    "value": (Values, 0.01),
}
