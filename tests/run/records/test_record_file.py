"""The record's file: what was written of it is there after a power cut."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.run.records.record_file import replace_file_durably


def test_the_file_is_synced_before_its_new_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "record.toml"
    target.write_bytes(b"old")
    synced: list[tuple[bool, bytes]] = []

    def noted(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append((path == tmp_path, target.read_bytes()))
        fsync(handle)

    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", noted)
    replace_file_durably(target, b"new")
    assert synced == [(False, b"old"), (True, b"new")]
    assert [*tmp_path.iterdir()] == [target]
