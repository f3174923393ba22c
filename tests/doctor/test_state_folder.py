"""The folder of runs: its disk and its rights."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.doctor.state_folder import state_folder_findings


@pytest.mark.parametrize(
    ("mount", "verdict"),
    [("/", "ok"), ("filer", "trouble"), ("", "note"), ("my disk", "ok")],
)
def test_a_network_s_disk_is_told(tmp_path: Path, mount: str, verdict: str) -> None:
    there = tmp_path / "my disk" / "state"
    there.mkdir(parents=True)
    own = str(tmp_path).replace(" ", "\\040")
    rows = {
        "": "",
        "/": "/dev/sda1 / ext4 rw 0 0\n",
        "filer": f"/dev/sda1 / ext4 rw 0 0\nfiler:/x {own} nfs4 rw 0 0\n",
        "my disk": f"filer:/x {own} nfs4 rw 0 0\n/dev/b {own}/my\\040disk xfs rw 0 0\n",
    }
    found = {each.about: each for each in state_folder_findings(there, rows[mount])}
    assert found["its disk"].verdict == verdict
    assert ("XDG_STATE_HOME" in found["its disk"].remedy) == (verdict == "trouble")


def test_the_rights_of_the_state_folder_are_told(tmp_path: Path) -> None:
    later = tmp_path / "later" / "state"
    first = next(iter(state_folder_findings(later, "")))
    assert "which the first run makes" in first.words
    assert not later.exists()
    later.mkdir(parents=True)
    later.chmod(0o777)
    first = next(iter(state_folder_findings(later, "")))
    assert (first.verdict, first.remedy) == ("trouble", f"chmod 700 {later}")
    file = tmp_path / "file"
    file.touch()
    assert next(iter(state_folder_findings(file, ""))).verdict == "trouble"
