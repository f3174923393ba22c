"""What was refused: kept once, read whatever the file holds, told in few words."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.confinement.refusals import (
    MAX_REFUSALS,
    Refusal,
    RefusalLog,
    read_refusals,
    refusals_in_words,
)


def test_each_thing_is_kept_once_and_a_loop_fills_no_disk(tmp_path: Path) -> None:
    log = RefusalLog(str(tmp_path / "refused"))
    for number in range(MAX_REFUSALS + 10):
        for _ in range(2):
            log.note(Refusal(kind="write", what=f"/srv/{number}/x", by="rm"))
    found = read_refusals(tmp_path / "refused")
    assert len(found) == MAX_REFUSALS
    assert found[0] == Refusal(kind="write", what="/srv/0/x", by="rm")
    assert (tmp_path / "refused").stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_read_as_far_as_it_can_be(tmp_path: Path) -> None:
    path = tmp_path / "refused"
    assert read_refusals(path) == ()
    RefusalLog(str(path)).note(Refusal(kind="name", what="db.example.org"))
    with path.open("ab") as file:
        file.write(b'{"kind": "other", "what": "", "by": ""}\n[]\n{}\n\xff\n{"ki')
    assert [each.what for each in read_refusals(path)] == ["db.example.org"]


def test_many_paths_of_a_folder_are_one_line() -> None:
    many = [Refusal(kind="write", what=f"/srv/x/{n}", by="rm") for n in range(5)]
    few = [Refusal(kind="write", what="/etc/motd", by="bash")]
    asked = [Refusal(kind="connect", what="10.0.0.1:22", by="ssh")]
    assert list(refusals_in_words([*many, *few, *asked])) == [
        "written to /srv/x/: 5 paths (rm)",
        "written to /etc/motd (bash)",
        "connected to 10.0.0.1:22 (ssh)",
    ]
