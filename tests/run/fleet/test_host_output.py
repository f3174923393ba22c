"""The output of a host, here."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.host_output import HostOutput, output_path


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


def test_more_than_the_limit_is_not_taken(path: Path) -> None:
    output = HostOutput(path, (), 10)
    with pytest.raises(RunError, match="more output than its limit"):
        output.write(b"x" * 11)
    assert path.read_bytes() == b"x" * 10
    output.close()


def test_the_boot_of_a_claim_is_written_down_for_its_attempt(path: Path) -> None:
    output = HostOutput(path, (), 10)
    assert output.boot_of(1) == ""
    output.note_boot(1, "{ sec = 1 } today")
    assert (output.boot_of(1), output.boot_of(2)) == ("{ sec = 1 } today", "")
    output.close()


def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        HostOutput(path, (), 10)
    assert not (tmp_path / "elsewhere").exists()
