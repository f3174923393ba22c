"""`run` checks that compare what is printed."""

from __future__ import annotations

import json
import os

import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.subprocesses import _PipeReader
from mobius_tui.runbook.model.check_kinds import Comparisons, RunCheck
from mobius_tui.structs import replace
from tests.run.checks.conftest import sight

STATUS = 'printf \'%s\' \'{"ready": 3, "state": "ok", "on": true, "a/b": [1.5, null]}\''


@pytest.mark.parametrize(
    ("pointer", "texts", "held", "detail"),
    [
        ("/ready", ("> 2",), True, "/ready is 3"),
        ("/ready", ("> 3",), False, "/ready is 3, wanted > 3"),
        ("/ready", ("= 1", "= 3"), True, "/ready is 3"),
        ("/ready", ("= 1", "= 2"), False, "/ready is 3, wanted = 1 or = 2"),
        ("/state", ("ok",), True, '/state is "ok"'),
        ("/state", ("= ${word}",), False, '/state is "ok", wanted = well'),
        ("/on", ("= true",), True, "/on is true"),
        ("/a~1b/0", ("<= 1.50",), True, "/a~1b/0 is 1.5"),
        ("/a~1b/1", ("= null",), True, "/a~1b/1 is null"),
        ("/a~1b", ("= 1",), False, "/a~1b is a list, wanted = 1"),
        ("/gone", ("= 1",), False, "/gone is missing, wanted = 1"),
        (
            "/state",
            ("> 3",),
            False,
            '/state is "ok", wanted > 3, which compares a number',
        ),
    ],
)
async def test_json(
    ctx: CheckContext, pointer: str, texts: Comparisons, held: bool, detail: str
) -> None:
    script = f"echo noise >&2; {STATUS}"
    seen = await sight(RunCheck(script=script, pointers={pointer: texts}), ctx)
    assert (seen.held, seen.detail) == (held, detail)


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("true", "it printed nothing"),
        ("echo 3 replicas", 'it printed no JSON: "3 replicas"'),
        ("echo '{}' ; echo why >&2; exit 3", "exit code 3: why"),
        ("head -c 4194305 /dev/zero", "it printed more than 4 MiB"),
    ],
)
async def test_what_is_no_json(ctx: CheckContext, script: str, detail: str) -> None:
    seen = await sight(RunCheck(script=script, pointers={"/x": ("= 1",)}), ctx)
    assert not seen.held
    assert seen.detail.startswith(detail)


async def test_a_whole_document_of_some_megabytes(ctx: CheckContext) -> None:
    script = "printf '[\"'; head -c 4000000 /dev/zero | tr \"\\0\" x; printf '\", 7]'"
    seen = await sight(RunCheck(script=script, pointers={"/1": ("= 7",)}), ctx)
    assert (seen.held, seen.detail) == (True, "/1 is 7")


@pytest.mark.parametrize(
    ("is_", "held", "detail"),
    [
        (("main",), True, 'it printed "main"'),
        (("matches ^ma",), True, 'it printed "main"'),
        (("other",), False, 'it printed "main", wanted = other'),
    ],
)
async def test_is(ctx: CheckContext, is_: Comparisons, held: bool, detail: str) -> None:
    seen = await sight(RunCheck(script="echo; echo main", is_=is_), ctx)
    assert (seen.held, seen.detail) == (held, detail)


async def test_a_printed_secret_is_taken_out_before_it_is_cut(
    ctx: CheckContext,
) -> None:
    redacting = replace(ctx, redact=lambda text: text.replace("hunter2", "[redacted]"))
    script = f"echo {json.dumps('x' * 55 + 'hunter2')}"
    seen = await sight(RunCheck(script=script, is_=("= y",)), redacting)
    assert "hun" not in seen.detail


async def test_what_is_left_in_a_pipe_is_read_without_waiting() -> None:
    pipe = _PipeReader(keep=4)
    await pipe.open()
    os.write(pipe.writing, b"all of it")
    pipe.drain()
    os.close(pipe.writing)
    pipe.close()
    assert (pipe.tail, bytes(pipe.kept), pipe.is_cut) == (b"all of it", b"all ", True)
