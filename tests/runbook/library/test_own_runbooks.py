"""One's own runbooks: found by name, and made by copying those of the program."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import UsageError
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.own_runbooks import (
    copy_to_own,
    editable_file,
    own_copy_path,
    why_read_only,
)
from mobius_tui.runbook.library.runbook_files import (
    bundled_folder,
    find_runbook,
    own_folder,
    own_runbook_files,
    runs_in_current_folder,
)
from mobius_tui.runbook.toml.runbook_source import write_source

BUNDLED = bundled_folder() / "mobius-rollback.toml"


def test_a_bundled_runbook_is_edited_as_a_copy() -> None:
    assert str(why_read_only(BUNDLED)).startswith("It comes with the program")
    assert editable_file(BUNDLED) == BUNDLED
    assert copy_to_own(BUNDLED) == own_copy_path(BUNDLED) == own_folder() / BUNDLED.name
    copy = own_copy_path(BUNDLED)
    assert load(copy).id == "mobius-rollback"
    assert editable_file(BUNDLED) == copy
    assert why_read_only(copy) is None
    assert copy.stat().st_mode & stat.S_IWUSR
    assert find_runbook("mobius-rollback") == copy
    assert own_runbook_files() == (copy,)
    assert runs_in_current_folder(copy), "its commands are for where one is"
    copy.write_text("mine")
    assert copy_to_own(BUNDLED) == copy
    assert copy.read_text() == "mine"


def test_what_it_includes_comes_along(tmp_path: Path) -> None:
    (tmp_path / "part.toml").write_text(
        'format = 1\n[[phase]]\nid = "p"\ntitle = "P"\n'
        '[[phase.step]]\nid = "s"\ntitle = "S"\nmanual = "Do it"\n'
    )
    main_file = tmp_path / "whole.toml"
    main_file.write_text(
        'format = 1\n[runbook]\nid = "whole"\ntitle = "W"\n'
        '[[phase]]\ninclude = "part.toml#p"\n'
    )
    assert load(copy_to_own(main_file)).steps()[0].id == "s"
    assert own_runbook_files() == (own_folder() / "whole.toml",), "a part is no runbook"


def test_a_copy_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    own_folder().parent.mkdir(parents=True)
    own_folder().write_text("no folder")
    with pytest.raises(UsageError, match=r"runbooks: "):
        copy_to_own(BUNDLED)
    own_folder().unlink()
    with pytest.raises(UsageError, match="there is no such file"):
        copy_to_own(tmp_path / "none.toml")


def test_paths_names_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths"]) == 0
    assert f"own       {own_folder()}\n" in capsys.readouterr().out


def test_a_file_system_without_links_is_written_to_and_never_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(_path: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    target = tmp_path / "x.toml"
    write_source(target, b"one", replace=False)
    with pytest.raises(UsageError, match="is there already"):
        write_source(target, b"two", replace=False)
    assert target.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [target]
