"""Checks: from TOML to the model."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.model.check_kinds import (
    Check,
    ChecksumCheck,
    DiskCheck,
    FileCheck,
    HttpCheck,
    MemoryCheck,
    OutputCheck,
    PortCheck,
    ProcessCheck,
    Repeat,
    RunCheck,
    ServiceCheck,
    TlsCheck,
)
from tests.runbook.runbook_texts import PHASE, Decoded, only


@pytest.mark.parametrize(
    ("toml", "check"),
    [
        (
            (
                "http = { url = 'http://x/${now}', status = 204, method = 'HEAD', "
                "headers = { A = 'b' }, json = { a = { b = [1, true] } }, "
                "contains = 'ok', faster_than = '5s', ca = 'ca.pem', consecutive = 3, "
                "attempts = 15, every = '1s', timeout = '2s' }"
            ),
            HttpCheck(
                url="http://x/${now}",
                status=204,
                method="HEAD",
                headers={"A": "b"},
                json={"a": {"b": (1, True)}},
                contains="ok",
                faster_than="5s",
                ca="ca.pem",
                repeat=Repeat(attempts=15, consecutive=3, every="1s", timeout="2s"),
            ),
        ),
        (
            "process = { match = 'gunicorn', count = '0' }",
            ProcessCheck(match="gunicorn", count="0"),
        ),
        ("service = { names = ['a', 'b'] }", ServiceCheck(names=("a", "b"))),
        (
            "service = { names = ['a'], state = ['inactive', 'failed'] }",
            ServiceCheck(names=("a",), state=("inactive", "failed")),
        ),
        (
            "checksum = { file = 'a.zip', sums = 'a.sha256' }",
            ChecksumCheck(file="a.zip", sums="a.sha256"),
        ),
        ("file = { path = 'x', absent = true }", FileCheck(path="x", absent=True)),
        (
            (
                "file = { path = 'x', same_as = 'y', mode = '0755', newer_than = '5m', "
                "min_size = '1KiB' }"
            ),
            FileCheck(
                path="x", same_as="y", mode="0755", newer_than="5m", min_size="1KiB"
            ),
        ),
        ("port = { at = 'localhost:80' }", PortCheck(at="localhost:80")),
        (
            "port = { at = '[::1]:80', closed = true }",
            PortCheck(at="[::1]:80", closed=True),
        ),
        ("tls = { at = 'x:443', min_days = 14 }", TlsCheck(at="x:443", min_days=14)),
        ("disk = { path = '/var', free = '10%' }", DiskCheck(path="/var", free="10%")),
        ("memory = { free = '${now}' }", MemoryCheck(free="${now}")),
        ("run = 'nginx -t'", RunCheck(script="nginx -t")),
        (
            "run = { script = 'x', shell = ['python3'], success = [3], attempts = 2 }",
            RunCheck(
                script="x", shell=("python3",), success=(3,), repeat=Repeat(attempts=2)
            ),
        ),
        ("output = { match = 'ok', not = 'err' }", OutputCheck(match="ok", not_="err")),
    ],
)
def test_each_check(decoded: Decoded, toml: str, check: Check) -> None:
    text = PHASE + "run = 'true'\n[phase.step.check]\n" + toml
    assert only(decoded(text)).checks == (check,)


def test_a_check_may_have_several_kinds_and_several_of_a_kind(decoded: Decoded) -> None:
    step = only(
        decoded(
            PHASE
            + """
[phase.step.check]
port = [{ at = "a:1" }, { at = "b:2" }]
[[phase.step.check.file]]
path = "x"
"""
        )
    )
    assert step.action is None
    assert step.checks == (
        PortCheck(at="a:1"),
        PortCheck(at="b:2"),
        FileCheck(path="x"),
    )
