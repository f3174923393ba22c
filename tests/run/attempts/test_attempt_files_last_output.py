"""What an attempt said last, told from real files."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from mobius_tui.run.attempts.attempt_files import LastOutput, last_output
from mobius_tui.run.storage.run_directory import AttemptDirectory


def attempt(folder: Path, *pieces: tuple[int, str]) -> AttemptDirectory:
    """An attempt that printed pieces: 1 for stdout, 2 for stderr."""
    place = AttemptDirectory(folder)
    with place.output.open("wb") as output, place.spans.open("wb") as spans:
        for stream, text in pieces:
            data = text.encode()
            record = (output.tell(), len(data) | stream << 56, 0)
            spans.write(struct.pack("<QQQ", *record))
            output.write(data)
    return place


def test_the_last_line_and_the_last_error_line(tmp_path: Path) -> None:
    place = attempt(tmp_path, (1, "a\n"), (2, "first\nboom\n"), (1, "b\n\n"))
    assert last_output(place) == LastOutput(last="b", error="boom")


def test_an_error_line_in_pieces_is_put_together(tmp_path: Path) -> None:
    place = attempt(tmp_path, (2, "old\nno spa"), (1, "x\n"), (2, "ce left\n"))
    assert last_output(place).error == "no space left"


def test_colours_and_rewritten_progress_are_left_out(tmp_path: Path) -> None:
    place = attempt(tmp_path, (2, "10 %\r50 %\r\x1b[31mfailed\x1b[0m\n"))
    assert last_output(place) == LastOutput(last="failed", error="failed")


def test_nothing_was_said(tmp_path: Path) -> None:
    assert last_output(AttemptDirectory(tmp_path)) == LastOutput()
    assert last_output(attempt(tmp_path)) == LastOutput()


def test_what_a_step_put_in_place_of_its_output_is_not_read(tmp_path: Path) -> None:
    place = AttemptDirectory(tmp_path)
    os.mkfifo(place.output)
    place.spans.symlink_to("/etc/passwd")
    assert last_output(place) == LastOutput()


def test_a_long_line_and_a_torn_record_are_borne(tmp_path: Path) -> None:
    place = attempt(tmp_path, (2, "x" * 100_000))
    with place.spans.open("ab") as spans:
        spans.write(b"torn")
    assert 0 < len(last_output(place).error or "") <= 4096


def test_the_error_is_told_and_not_what_was_printed_after_it(tmp_path: Path) -> None:
    place = attempt(
        tmp_path,
        (2, "deploy.sh: line 12: rsync: command not found\n"),
        (2, "removing the lock\n"),
        (1, "done with it\n"),
    )
    error = "deploy.sh: line 12: rsync: command not found"
    assert last_output(place) == LastOutput(last="done with it", error=error)


def test_where_stderr_is_empty_an_error_on_stdout_is_told(tmp_path: Path) -> None:
    place = attempt(tmp_path, (1, "error: no space left\n2 of 3 done\n"))
    assert last_output(place) == LastOutput(
        last="2 of 3 done", error="error: no space left"
    )
    assert last_output(attempt(tmp_path, (1, "0 errors\n2 of 3 done\n"))).error is None


def test_an_error_far_before_the_end_is_found_among_other_streams(
    tmp_path: Path,
) -> None:
    pieces = [(2, "fatal: no such branch\n"), *[(1, "x" * 400 + "\n")] * 50]
    assert last_output(attempt(tmp_path, *pieces)).error == "fatal: no such branch"
