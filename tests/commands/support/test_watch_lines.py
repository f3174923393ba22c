"""What the lines of a watch say of a probe."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.commands.support.watch_lines import WatchChecks
from mobius_tui.health.health_record import ProbeResult, encode_record
from tests.health.checks import AT, STATES


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ("o", ["ok: answered 200 in 7 ms"]),
        ("-o", ["unknown: busy", "ok: answered 200 in 7 ms"]),
        ("ffo", ["failing: refused", "ok: after 2 s: answered 200 in 7 ms"]),
        (
            "offo",
            [
                "ok: answered 200 in 7 ms",
                "failing: refused",
                "ok: again, after 2 s: answered 200 in 7 ms",
            ],
        ),
        (
            "o---o",
            [
                "ok: answered 200 in 7 ms",
                "unknown: busy",
                "ok: again: answered 200 in 7 ms",
            ],
        ),
    ],
)
def test_it_is_well_again_only_where_it_was_before(
    tmp_path: Path, checks: str, said: list[str]
) -> None:
    health = tmp_path / "health.jsonl"
    health.write_bytes(
        b"".join(
            encode_record(
                ProbeResult(
                    at=AT + number,
                    mono=float(number),
                    probe="api",
                    state=STATES[letter],
                    status=200 if letter == "o" else None,
                    ms=7.0 if letter == "o" else None,
                    reason={"f": "refused", "-": "busy"}.get(letter, ""),
                )
            )
            for number, letter in enumerate(checks)
        )
    )
    changes = WatchChecks(health).new_changes()
    assert [f"{each.state}: {each.words}" for each in changes] == said
