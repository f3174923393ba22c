"""Where a drill's messages go: to its site, and to nobody unless that is wanted."""

from __future__ import annotations

import asyncio
import json
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.rehearsal import rehearsal
from mobius_tui.drill.site.drill_site import Site
from mobius_tui.plain import print_run
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.intents.unattended_answers import (
    UnattendedAnswers,
    automatic_action,
)
from tests.conftest import MakeRunbook
from tests.run.offices import BOOK
from tests.run.webhooks import webhook
from tests.waiting import PATIENCE


def kept(root: Path) -> list[dict[str, Any]]:
    path = root / "run" / "messages.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def post(site: Site, path: str, body: bytes) -> int:
    """The status that the sink answers, once it listens."""
    port = int(site.sink.rstrip("/").rpartition(":")[2])
    deadline = time.monotonic() + PATIENCE
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("POST", path, body)
            return connection.getresponse().status
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        finally:
            connection.close()


def test_the_sink_keeps_what_comes_for_each_channel(site: Site) -> None:
    assert post(site, "/slack", b'{"text": "[DRILL] one"}') == 200
    assert post(site, "/teams", '{"text": "zwei ✔"}'.encode()) == 200
    assert post(site, "/teams", b"no JSON") == 400
    first, second = kept(site.root)
    assert (first["channel"], first["body"]) == ("slack", {"text": "[DRILL] one"})
    assert (second["channel"], second["body"]["text"]) == ("teams", "zwei ✔")


@pytest.mark.parametrize("send", [False, True])
def test_a_drill_pages_nobody_unless_it_is_told_to(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch, send: bool
) -> None:
    book = make_runbook(BOOK).path
    with webhook() as real:
        monkeypatch.setenv("THE_HOOK", real.url)
        monkeypatch.delenv("THE_OTHER_HOOK", raising=False)
        with rehearsal(
            str(book), FAULTS["bad-release"], seed=0, given={}, keep=False, send=send
        ) as briefing:
            assert asyncio.run(_auto(briefing)) == 0
            assert briefing.site is not None
            root = Path(briefing.site)
            wanted = 2 if send else 3
            deadline = time.monotonic() + PATIENCE
            while not (send or (root / "run" / "messages.jsonl").exists()) or (
                len(real.came if send else kept(root)) < wanted
            ):
                assert time.monotonic() < deadline, "they did not come"
                time.sleep(0.02)
            if send:
                assert not (root / "run" / "messages.jsonl").exists()
                assert "teams: THE_OTHER_HOOK is not set" in briefing.notices[0]
                texts = real.texts
            else:
                assert real.came == []
                came = kept(root)
                assert [c["channel"] for c in came].count("teams") == 1
                texts = [c["body"].get("text", "") for c in came]
            slack = [text for text in texts if text]
            assert all(text.startswith("[DRILL] ROLLBACK: ") for text in slack)


async def _auto(briefing: Briefing) -> int:
    intent = automatic_action(UnattendedAnswers(), manual="tick", yes=False)
    directory = await start_new_run(briefing, {}, intent)
    return await print_run(directory, as_json=False, auto=intent, is_auto_sent=True)
