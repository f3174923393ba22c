"""The output of a host, here."""

from __future__ import annotations

import os
import stat
from itertools import count
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.attempts.output_reader import Span, spans_in
from mobius_tui.run.fleet.host_output import (
    GATHERED_BYTES_PER_HOST,
    HostOutput,
    left_out_note,
    output_path,
    output_tail,
    spans_path,
)
from mobius_tui.run.keeper.output_writer import SPAN_SIZE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "hosts").mkdir()
    return output_path(tmp_path, "fe80::1")


def test_nobody_else_can_read_it(path: Path) -> None:
    HostOutput(path, (), 10).close()
    assert path.parent.name == "fe80%3A%3A1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_secret_gives_way_to_as_many_bytes_wherever_it_is_cut(path: Path) -> None:
    """So that the size of the file is where the host is asked to go on."""
    whole = b"a secret, and another secretsecre" + b"t end"
    for cut in range(len(whole)):
        path.unlink(missing_ok=True)
        output = HostOutput(path, (b"secret",), 1000)
        output.write(whole[:cut])
        assert output.received == cut
        output.resume()  # as after a crash: what was held back comes again
        output.write(whole[output.size :])
        output.finish()
        output.close()
        assert path.read_bytes() == whole.replace(b"secret", b"******")


def spans(path: Path) -> list[Span]:
    return [*spans_in(spans_path(path).read_bytes())]


def test_it_is_said_when_each_byte_came(path: Path) -> None:
    clock = count(10**18, 15_000_000).__next__
    output = HostOutput(path, (), 1000, clock)
    for piece in (b"a\n", b"bb\n", b"ccc\n"):
        output.write(piece)
    assert [(each.offset, each.length) for each in spans(path)] == [(0, 5), (5, 4)]
    assert [each.time - 10**18 for each in spans(path)] == [0, 30_000_000]
    assert output.spans_sha256() != output.sha256()
    output.close()


@pytest.mark.parametrize("cut", range(9))
def test_times_are_whole_wherever_a_crash_cuts_either(path: Path, cut: int) -> None:
    """Each byte is said once, whichever of the two files is behind."""
    clock = count(10**18, 10**9).__next__
    output = HostOutput(path, (), 1000, clock)
    for _ in range(4):
        output.write(b"x\n")
    output.close()
    for shorter, size in ((path, cut), (spans_path(path), cut * SPAN_SIZE // 2 - 1)):
        whole = path.read_bytes(), spans_path(path).read_bytes()
        os.truncate(shorter, max(0, size))
        os.utime(path, ns=(2 * 10**18, 2 * 10**18))
        output = HostOutput(path, (), 1000, lambda: 10**18)
        assert output.resume() == path.stat().st_size
        output.write(b"more\n")
        output.close()
        ends = [0, *(each.end for each in spans(path))]
        assert [each.offset for each in spans(path)] == ends[:-1]
        assert ends[-1] == path.stat().st_size
        times = [each.time for each in spans(path)]
        assert times == sorted(times), "what comes later has no earlier time"
        if shorter is spans_path(path) and cut < 8:
            assert times[-1] == 2 * 10**18, "the time of the file, where none was kept"
        path.write_bytes(whole[0])
        spans_path(path).write_bytes(whole[1])


def test_an_output_from_before_there_were_times_is_continued(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"old\n")
    output = HostOutput(path, (), 1000)
    output.resume()
    output.write(b"new\n")
    output.close()
    assert spans(path)[0].offset == 0
    assert spans(path)[-1].end == 8


def test_more_than_the_limit_is_not_taken(path: Path) -> None:
    output = HostOutput(path, (), 10)
    with pytest.raises(RunError, match="more output than its limit"):
        output.write(b"x" * 11)
    assert path.read_bytes() == b"x" * 10
    output.close()


WHOLE = GATHERED_BYTES_PER_HOST


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        (b"x" * 100 + b"\n", b"y" * (WHOLE - 40) + b"\nend\n"),
        (b"x" * 100, b"y" * WHOLE),
        (b"x" * 100, b"y" * (WHOLE - 1) + b"\n"),
    ],
    ids=["lines", "no newline", "a newline at the end alone"],
)
def test_of_a_long_output_the_end_is_shown_and_all_before_it_is_counted(
    tmp_path: Path, hidden: bytes, shown: bytes
) -> None:
    path = tmp_path / "output"
    path.write_bytes(hidden + shown)
    assert output_tail(path) == left_out_note(len(hidden)) + shown


def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        HostOutput(path, (), 10)
    assert not (tmp_path / "elsewhere").exists()
