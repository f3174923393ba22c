"""What is written down of a claim before its host may begin."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.fleet.claim_note import ClaimNote, read_claim_note


def test_a_note_is_of_one_claim_and_the_last_one_counts(tmp_path: Path) -> None:
    output = tmp_path / "web-1" / "output"
    assert read_claim_note(output, 1) is None
    output.parent.mkdir()
    first = ClaimNote(attempt=1, boot="{ sec = 1 } today", place="~", digest="abc")
    first.write(output)
    assert read_claim_note(output, 1) == first
    assert read_claim_note(output, 2) is None
    second = ClaimNote(attempt=2, boot="b", place="/dev/shm", digest="")
    second.write(output)
    assert read_claim_note(output, 2) == second
    assert read_claim_note(output, 1) is None


def test_a_note_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "boot").write_text("1001 ab2b2d46\n")
    found = read_claim_note(tmp_path / "output", 1001)
    assert found == ClaimNote(attempt=1001, boot="ab2b2d46")


def test_what_is_no_note_says_nothing(tmp_path: Path) -> None:
    for text in ("", "\n", "1", "1 ", "x b", "\xff\xfe"):
        (tmp_path / "boot").write_text(text)
        assert read_claim_note(tmp_path / "output", 1) is None
