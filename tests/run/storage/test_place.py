"""Which machine this is, and which folder: what a copy cannot have."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from mobius_tui.run.storage.place import (
    Place,
    is_same_place,
    machine_id,
    machine_name,
    place_of,
)
from mobius_tui.structs import replace

ID = "0123456789abcdef0123456789abcdef"


def test_a_machine_has_its_own_id_and_does_not_give_it_away(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(f"{ID}\n")
    second.write_text(f"{ID[::-1]}\n")
    found = machine_id((first,))
    assert found == machine_id((tmp_path / "none", first, second))
    assert found != machine_id((second,))
    assert len(found) == 32
    for private in (ID, hashlib.sha256(ID.encode()).hexdigest()):
        assert found not in private, "who knows the machine's id must not find it here"


@pytest.mark.parametrize("text", ["", "uninitialized\n", None])
def test_a_machine_without_an_id_goes_by_its_name(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "machine-id"
    if text is not None:
        path.write_text(text)
    found = machine_id((path,))
    assert found == machine_id(())
    other = tmp_path / "other"
    other.write_text(ID)
    assert found != machine_id((path, other))
    assert machine_name() not in found


def test_a_folder_is_the_same_when_it_was_moved_and_none_that_was_copied(
    tmp_path: Path,
) -> None:
    folder, moved = tmp_path / "run", tmp_path / "moved"
    folder.mkdir()
    (folder / "file").write_text("x")
    then = place_of(folder)
    folder.rename(moved)
    here = place_of(moved)
    assert here.path != then.path
    assert is_same_place(then, here, is_same_boot=True)
    shutil.copytree(moved, folder)
    for boot in (True, False):
        assert not is_same_place(then, place_of(folder), is_same_boot=boot)


def test_a_folder_in_the_place_of_one_that_was_removed_is_another(
    tmp_path: Path,
) -> None:
    """Its inode has the same number, as the file system gives it again at once."""
    folder, copy = tmp_path / "run", tmp_path / "copy"
    for _ in range(5):
        folder.mkdir()
        then = place_of(folder)
        shutil.copytree(folder, copy)
        shutil.rmtree(folder)
        copy.rename(tmp_path / "other")
        shutil.copytree(tmp_path / "other", folder)
        shutil.rmtree(tmp_path / "other")
        here = place_of(folder)
        assert here.path == then.path
        assert not is_same_place(then, here, is_same_boot=True)
        shutil.rmtree(folder)


HERE = Place(
    machine="m",
    name="jump-1",
    path="/home/anna/run",
    device="fe00",
    inode="12",
    born="1700000000",
    file_system="f5",
    state="/home/anna/state",
)


@pytest.mark.parametrize(
    ("change", "in_one_boot", "over_a_boot"),
    [
        ({}, True, True),
        ({"name": "renamed"}, True, True),
        ({"path": "/home/anna/moved"}, True, True),
        ({"machine": "other"}, False, False),
        ({"machine": ""}, False, False),
        ({"inode": "13"}, False, False),
        ({"born": "1700000001"}, False, False),
        ({"born": ""}, True, True),
        ({"device": "fe01"}, False, True),
        ({"device": "fe01", "path": "/mnt/snapshot/run"}, False, False),
        ({"device": "fe01", "file_system": "f6"}, False, False),
        ({"device": "fe01", "inode": "13"}, False, False),
    ],
    ids=str,
)
def test_what_is_the_same_place(
    change: dict[str, str], in_one_boot: bool, over_a_boot: bool
) -> None:
    then = replace(HERE, **change)
    assert is_same_place(then, HERE, is_same_boot=True) == in_one_boot
    assert is_same_place(then, HERE, is_same_boot=False) == over_a_boot


def test_a_place_is_read_as_it_was_written_and_from_a_newer_version() -> None:
    assert Place.of_mapping(HERE.as_mapping()) == HERE
    assert Place.of_mapping({**HERE.as_mapping(), "rack": "7"}) == HERE
    assert Place.of_mapping({"machine": "m"}) == Place(machine="m")
