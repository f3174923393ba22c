"""`mobius-tui import`: what it writes, and what it leaves alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.runbook.decode import load

PAGE = "# Mend it\n\n## Look\n\n```bash\nuptime\n```\n\n<!-- hidden -->\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_it_writes_a_runbook_once(
    page: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mend-it.toml"
    assert main(["import", str(page), "-o", str(target)]) == 0
    told = capfd.readouterr()
    assert told.out == ""
    assert f"wrote {target}: phases 1, steps 1\n" in told.err
    assert "1 HTML comment" in told.err
    assert f"mobius-tui check {target}" in told.err
    assert load(target).id == "mend-it"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask
    target.write_text("mine")
    assert main(["import", str(page), "-o", str(target)]) == 2
    assert "is there already; --force replaces it" in capfd.readouterr().err
    assert target.read_text() == "mine"
    assert main(["import", str(page), "-o", str(target), "--force"]) == 0
    assert load(target).title == "Mend it"
    assert sorted(path.name for path in tmp_path.glob("*e*")) == [
        *("mend-it.toml", "page.md")
    ]


def test_it_writes_to_standard_output(
    page: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(page), "-o", "-"]) == 0
    assert 'id = "page"\ntitle = "Mend it"\n' in capfd.readouterr().out


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"# a\n\n- \xff\n", "byte 0xff on line 3; save it as UTF-8"),
        (b"", "no step can be made of it"),
        (b"- a\0b", "a NUL byte"),
        (b"a" * ((1 << 20) + 1), "is larger than 1 MiB"),
    ],
)
def test_what_is_no_page_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], data: bytes, words: str
) -> None:
    path = tmp_path / "page.md"
    path.write_bytes(data)
    target = tmp_path / "x.toml"
    assert main(["import", str(path), "-o", str(target)]) == 2
    err = capfd.readouterr().err
    assert err.startswith("mobius-tui: ")
    assert "page.md" in err
    assert words in err
    assert not target.exists()


def test_what_cannot_be_read_or_written_is_refused(
    page: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(tmp_path), "-o", "-"]) == 2
    assert "is a folder" in capfd.readouterr().err
    assert main(["import", str(tmp_path / "none.md"), "-o", "-"]) == 2
    assert "there is no such file" in capfd.readouterr().err
    assert main(["import", str(page), "-o", str(tmp_path / "no" / "x.toml")]) == 2
    assert "cannot be written: No such file" in capfd.readouterr().err
    assert main(["import", str(page), "--force", "-o", str(tmp_path)]) == 2
    assert "is a folder; name a file in it" in capfd.readouterr().err
