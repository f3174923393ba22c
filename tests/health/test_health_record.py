"""The lines of health.jsonl: there and back, and what is no such line."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.errors import RunError
from mobius_tui.health.health_record import (
    MachineSample,
    ProbeResult,
    decode_record,
    encode_record,
)
from mobius_tui.json_border import YEAR_9999
from tests.table import each_row

numbers = st.floats(allow_nan=False, allow_infinity=False)
moments = st.floats(0, YEAR_9999, exclude_max=True)
checks = st.builds(
    ProbeResult,
    at=moments,
    mono=numbers,
    probe=st.text(min_size=1),
    state=st.sampled_from(["ok", "failed", "no data"]),
    status=st.none() | st.integers(100, 599),
    ms=st.none() | numbers,
    reason=st.text(),
    error_rate=st.none() | numbers,
    p95_ms=st.none() | numbers,
    summary=st.text(),
)
samples = st.builds(
    MachineSample,
    at=moments,
    mono=numbers,
    cpu=st.none() | numbers,
    memory=st.none() | numbers,
    disk=st.none() | numbers,
    load1=st.none() | numbers,
    processes=st.dictionaries(st.text(), st.integers(0, 10_000)),
    services=st.dictionaries(st.text(), st.text()),
)


@given(checks | samples)
def test_there_and_back(record: ProbeResult | MachineSample) -> None:
    line = encode_record(record)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_record(line) == record


GOOD = json.loads(encode_record(ProbeResult(at=1.0, mono=2.0, probe="api", state="ok")))


@each_row(
    "change",
    [
        {"state": "fine"},
        {"state": None},
        {"status": "200"},
        {"status": True},
        {"at": None},
        {"at": "1"},
        {"at": -1.0},
        {"at": 1e308},
        {"mono": True},
        {"probe": 3},
        {"ms": [1]},
        {"ms": 10**400},
        {"reason": {}},
        {"kind": "other"},
        {"kind": None},
        {"kind": "sample", "processes": {"a": 1.5}},
        {"kind": "sample", "processes": [1]},
        {"kind": "sample", "services": {"a": 1}},
    ],
)
def test_a_wrong_field_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(RunError, match=r"a line of health\.jsonl"):
        decode_record(json.dumps(GOOD | change).encode())


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"kind": "check"}'],
)
def test_rubbish_is_refused(line: bytes) -> None:
    with pytest.raises(RunError, match=r"a line of health\.jsonl"):
        decode_record(line)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999"])
def test_what_is_no_number_is_refused(number: bytes) -> None:
    line = encode_record(ProbeResult(at=1.0, mono=2.0, probe="api", state="ok", ms=7.5))
    with pytest.raises(RunError):
        decode_record(line.replace(b"7.5", number))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_refused(line: bytes) -> None:
    with suppress(RunError):
        assert isinstance(decode_record(line), ProbeResult | MachineSample)
