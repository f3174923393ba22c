"""Values that nobody would give on purpose: refused, and where not, harmless."""

from __future__ import annotations

import pytest

from mobius_tui.errors import UsageError
from tests.run.books import ONE, step
from tests.run.conftest import Begin

HEALTH = """
[var.beat]
[var.most]
[var.unit]
default = "s"
[health]
every = "${beat}${unit}"
[[health.probe]]
id = "api"
title = "API"
url = "http://127.0.0.1:9/"
timeout = "${most}${unit}"
[[health.probe]]
id = "other"
title = "Other"
url = "http://127.0.0.1:9/"
"""
EVERY = "`every` is from 100ms to 24h"


@pytest.mark.parametrize(
    ("beat", "limit", "words"),
    [
        ("0", "1", f"health.every: '0s' is too short: {EVERY}; 5 s it is"),
        ("0.0000001", "1", f"'0.0000001s' is too short: {EVERY}; 5 s it is"),
        ("9" * 400, "1", f"is too long: {EVERY}; 5 s it is"),
        ("0.1", "0", "probe api: `timeout`: '0s' is too short: `timeout` is from"),
    ],
)
async def test_a_beat_and_a_limit_that_cannot_be(
    begin: Begin, beat: str, limit: str, words: str
) -> None:
    run = await begin(HEALTH + ONE + step("a"), beat=beat, most=limit)
    health = run.directory.health
    await run.until(lambda _: b'"probe":"other"' in health.read_bytes())
    await run.until(lambda _: words in run.directory.host_log.read_text())
    assert (b'"probe":"api"' in health.read_bytes()) == (limit == "1")
    assert "Traceback" not in run.directory.host_log.read_text()


WANTED = f"""
[var.beat]
[var.later]
default = "1s"
[health]
every = "${{beat}}"
[[health.probe]]
id = "api"
url = "http://127.0.0.1:9/"
{ONE}
{step("writes", 'echo later=0.1ms >> "$RUNBOOK_OUTPUT"', 'outputs = ["later"]')}
[[phase.step]]
id = "asks"
title = "Asks"
manual = "x"
ask = [{{ var = "later" }}]
{step("waits", "true", 'timeout = "${later}"')}
"""


async def test_a_value_out_of_bounds_is_refused_where_it_is_given(
    begin: Begin,
) -> None:
    words = "beat: '0.0000001s' is too short: `every` is from 100ms to 24h"
    with pytest.raises(UsageError, match=words):
        await begin(WANTED, beat="0.0000001s")
    run = await begin(WANTED, beat="1s")
    reply = await run.intend("set", None, values={"beat": "9" * 400 + "h"})
    assert "too long: `every` is from" in reply.text
    reply = await run.intend("tick", "asks", values={"later": "721h"})
    assert "later: '721h' is too long: `timeout` is from 10ms to 720h" in reply.text
    await run.did("start", "writes")
    state = await run.status("writes", "failed")
    words = "later: '0.1ms' is no duration"
    assert words in state.steps["writes"].reason


async def test_a_step_says_what_is_out_of_bounds_once_it_is_filled_in(
    begin: Begin,
) -> None:
    body = ONE + step("a", "true", 'timeout = "${a}${b}"') + "[var.a]\n[var.b]\n"
    run = await begin(body, a="900", b="h")
    await run.did("start", "a")
    state = await run.status("a", "not started")
    assert "'900h' is too long: `timeout` is from" in state.steps["a"].reason
