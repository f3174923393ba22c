"""A value that nobody would give on purpose does not end the watch over health."""

from __future__ import annotations

import pytest

from tests.run.books import ONE, step
from tests.run.conftest import Begin

HEALTH = """
[var.beat]
[var.limit]
[health]
every = "${beat}"
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:9/"
timeout = "${limit}"
[[health.probe]]
id = "other"
title = "Other"
url = "http://127.0.0.1:9/"
"""


@pytest.mark.parametrize(
    ("beat", "limit", "words"),
    [
        ("0s", "1s", "health.every: '0s' is no time at all; 5 s it is"),
        ("9" * 400 + "h", "1s", "is longer than a year; 5 s it is"),
        ("100ms", "0s", "probe api: `timeout`: '0s' is no time at all"),
    ],
)
async def test_a_beat_and_a_limit_that_cannot_be(
    begin: Begin, beat: str, limit: str, words: str
) -> None:
    run = await begin(HEALTH + ONE + step("a"), beat=beat, limit=limit)
    health = run.directory.health
    await run.until(lambda _: b'"probe":"other"' in health.read_bytes())
    await run.until(lambda _: words in run.directory.host_log.read_text())
    assert (b'"probe":"api"' in health.read_bytes()) == (limit == "1s")
    assert "Traceback" not in run.directory.host_log.read_text()
