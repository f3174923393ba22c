"""`mobius-tui completions`: what shells read, and where it is written."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.commands.command_arguments import SHELLS
from mobius_tui.commands.completions import ASSETS, COMPLETION_PLACES, COMPLETIONS_MARK
from tests.completions import files, undecided
from tests.paths import ROOT

INSTALLED = {
    "bash": "data/bash-completion/completions/mobius-tui",
    "zsh": "data/zsh/site-functions/_mobius-tui",
    "fish": "config/fish/completions/mobius-tui.fish",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    return tmp_path


def test_what_lies_in_the_package_is_what_the_command_line_takes() -> None:
    """`python -m tests.completions` makes it anew."""
    there = {path.name: path.read_text("utf-8") for path in ASSETS.iterdir()}
    made = files()
    assert there.keys() == made.keys()
    for name, text in made.items():
        assert there[name].splitlines() == text.splitlines(), name


def test_of_every_argument_it_is_said_what_completes_it() -> None:
    """A new one stands in COMPLETERS, CHOICES or FREE of tests/completions.py."""
    assert list(undecided()) == []


def test_all_of_it_is_in_the_wheel_where_shells_and_man_look() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    shared = wheel["shared-data"]
    assert {ROOT / path for path in shared} == set(ASSETS.iterdir())
    names = {place.asset: place.file for place in COMPLETION_PLACES.values()}
    for path, target in shared.items():
        asset = Path(path).name
        assert Path(target).name == names.get(asset, asset)


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", shell]) == 0
    assert (
        capsys.readouterr().out == (ASSETS / COMPLETION_PLACES[shell].asset).read_text()
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_installed_and_replaced_where_it_is_ours(
    shell: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home / INSTALLED[shell]
    file.parent.mkdir(parents=True)
    file.write_text(f"# an older file, with {COMPLETIONS_MARK}\n")
    assert main(["completions", shell, "--install"]) == 0
    assert file.read_bytes() == (ASSETS / COMPLETION_PLACES[shell].asset).read_bytes()
    written, left = capsys.readouterr().out.split("\n", 1)
    assert written == f"written: {file}"
    wanted = {"bash": f"source {file}", "zsh": f"fpath=({file.parent} $fpath)"}
    assert wanted.get(shell, "nothing is left to do") in left


def test_without_a_name_it_is_for_the_shell_of_the_login(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["completions", "--install"]) == 0
    assert (home / INSTALLED["fish"]).is_file()
    for shell, named in (("/bin/t\x1bcsh", "t␛csh"), ("", "no shell")):
        monkeypatch.setenv("SHELL", shell)
        assert main(["completions"]) == 2
        assert f"bash, zsh, fish, and $SHELL names {named}" in capsys.readouterr().err


def test_what_is_not_ours_is_left_as_it_is(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home / INSTALLED["fish"]
    file.parent.mkdir(parents=True)
    for make in (
        lambda: file.write_text("complete -c mobius-tui -f\n"),
        file.mkdir,
        lambda: os.mkfifo(file),
        lambda: file.symlink_to(home / "nowhere"),
    ):
        make()
        before = file.lstat()
        assert main(["completions", "--install"]) == 2
        assert f"{file} is there and was not made by" in capsys.readouterr().err
        assert (file.lstat().st_ino, file.lstat().st_mtime) == (
            before.st_ino,
            before.st_mtime,
        )
        file.rmdir() if file.is_dir() else file.unlink()


def test_a_folder_that_cannot_be_made_is_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config").write_text("no folder")
    assert main(["completions", "--install"]) == 2
    assert f"{home}/config/fish/completions: Not a directory" in capsys.readouterr().err
