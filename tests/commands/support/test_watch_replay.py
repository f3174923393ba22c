"""`mobius-tui watch --replay`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.health.checks import lines, trace
from tests.program import program


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "health.jsonl"
    path.write_bytes(b"".join(lines(trace("offfooo"))))
    return path


def test_a_record_is_tried_with_the_thresholds_of_the_seed(record: Path) -> None:
    done = program("watch", "--replay", str(record))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("7 checks of 1 probe, ")
    assert "consecutive_failures  3 in a row                fires once" in done.stdout
    other = program(
        "watch", "--replay", str(record), "--trigger", "consecutive_failures=4"
    )
    assert "consecutive_failures  4 in a row                never" in other.stdout


def test_the_same_for_programs(record: Path) -> None:
    words = ("watch", "--replay", str(record), "--json", "--trigger", "error_rate=0/2")
    done = program(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == program(*words).stdout
    report = json.loads(done.stdout)
    assert report["triggers"]["error_rate"] == {"above": 0.0, "for_checks": 2}
    assert [each["fired"] for each in report["probes"][0]["rules"]] == [1, 1, 0, 1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--trigger", "success_rate=70"), "'70' is no fraction from 0 to 1"),
        (("--trigger", "speed=1"), "the rules are consecutive_failures"),
        (("--replay", "/nonexistent/health.jsonl"), "No such file"),
        (("--replay", "/"), "directory"),
        (("--replay", "/dev/null"), "it holds no check"),
    ],
)
def test_what_cannot_be_done_is_told_with_the_remedy(
    record: Path, words: tuple[str, ...], told: str
) -> None:
    done = program("watch", "--replay", str(record), *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_what_to_watch_has_to_be_said() -> None:
    done = program("watch")
    assert done.returncode == 2
    assert "--replay" in done.stderr


def test_a_line_of_megabytes_is_one_that_is_left_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "health.jsonl"
    with path.open("wb") as file:
        for _ in range(8):
            file.write(b"\x1b]0;x\x07" * (1 << 18))
        file.write(b"\n" + b"".join(lines(trace("fff", "\x1b[2Japi"))))
    done = program("watch", "--replay", str(path))
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    assert "3 checks of 1 probe" in done.stdout
    assert "left out: 1 line that" in done.stdout
