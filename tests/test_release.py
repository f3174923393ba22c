"""The release command: what it wants first, and what it writes."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests import release

TODAY = date(2026, 11, 28)
CHANGES = "# Changelog\n\n## Unreleased\n\n- More.\n\n## {} - 2026-11-28\n\n{}\n"


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(root), *who, *words]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "mobius_tui").mkdir()
    (tmp_path / "mobius_tui" / "__init__.py").write_text('__version__ = "0.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGES.format("0.3.0", "- New."))
    text = '[project]\nname = "x"\n\n[project.scripts]\nx = "x:x"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "all")
    return tmp_path


def test_a_tree_that_is_ready_is_let_through_and_gets_its_version(root: Path) -> None:
    release.look_at(root, "0.3.0", TODAY)
    release.set_version(root, "0.3.0")
    assert release.version_of(root) == "0.3.0"


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("new", "no version"),
        ("0.03.0", r"is written 0\.3\.0"),
        ("0.1.0", r"older than 0\.2\.0"),
        ("0.4.0", "has no section `## 0.4.0 - 2026-11-28`"),
    ],
)
def test_a_version_that_cannot_be(root: Path, version: str, words: str) -> None:
    with pytest.raises(release.NotReadyError, match=words):
        release.look_at(root, version, TODAY)


def test_what_is_not_committed_is_not_released(root: Path) -> None:
    (root / "forgotten.py").write_text("")
    with pytest.raises(release.NotReadyError, match=r"not clean(.|\n)*forgotten\.py"):
        release.look_at(root, "0.3.0", TODAY)


def test_a_version_is_released_once(root: Path) -> None:
    git(root, "tag", "v0.3.0")
    with pytest.raises(release.NotReadyError, match="there is a tag"):
        release.look_at(root, "0.3.0", TODAY)


def test_a_section_says_something_and_is_not_of_tomorrow(root: Path) -> None:
    with pytest.raises(release.NotReadyError, match="to come"):
        release.look_at(root, "0.3.0", date(2026, 11, 27))
    (root / "CHANGELOG.md").write_text(CHANGES.format("0.3.0", "Nothing."))
    git(root, "commit", "--quiet", "--all", "--message", "less")
    with pytest.raises(release.NotReadyError, match="says nothing"):
        release.look_at(root, "0.3.0", TODAY)


@pytest.mark.parametrize(
    ("origin", "home"),
    [
        ("https://git.example/team/tool.git", "https://git.example/team/tool"),
        ("https://name:secret@git.example/team/tool", "https://git.example/team/tool"),
        ("git@git.example:team/tool.git", "https://git.example/team/tool"),
        ("/srv/git/tool.git", ""),
        ("ssh://git@git.example:2222/team/tool", ""),
    ],
)
def test_its_home_is_where_git_says_and_nothing_is_made_up(
    root: Path, origin: str, home: str
) -> None:
    assert release.set_home(root) == ""
    git(root, "remote", "add", "origin", origin)
    assert release.set_home(root) == home
    text = (root / "pyproject.toml").read_text()
    assert (f'[project.urls]\nSource = "{home}"\n' in text) is bool(home)
    assert release.set_home(root) == home
