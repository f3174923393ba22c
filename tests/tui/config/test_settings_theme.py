"""The theme that is chosen is kept: in one line of config.toml, and no other byte."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.errors import UsageError
from mobius_tui.runbook.toml.runbook_source import config_file
from mobius_tui.tui.config import settings_file
from mobius_tui.tui.config.settings_file import save_theme, with_theme
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, settled, until, words

FULL = """\
# Mine, since 2024.

 theme = 'nord'    # it is calm
ascii = true

[keys]
retry = "R"  # as in vi
"""
TRAP = "x = '''\ntheme = 'nord'\n'''\n"
"""It looks like the line, and is a part of a text."""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'theme = "dracula"\n'),
        ("# mine\nbell = false", 'theme = "dracula"\n# mine\nbell = false'),
        (
            "[keys]\r\nretry = 'R'\r\n",
            "theme = \"dracula\"\r\n[keys]\r\nretry = 'R'\r\n",
        ),
        (FULL, FULL.replace("'nord'", '"dracula"')),
        ("bell=true\n'theme'=\"x\"", "bell=true\n'theme'=\"dracula\""),
        ('theme = "dracula"#!', 'theme = "dracula"#!'),
        (
            "[keys]\ntheme = 'T'\n",
            "theme = \"dracula\"\n[keys]\ntheme = 'T'\n",
        ),
        (
            f"{TRAP}theme = 'nord'\n[keys]\ntheme = 'nord'",
            f"{TRAP}theme = \"dracula\"\n[keys]\ntheme = 'nord'",
        ),
    ],
)
def test_one_line_is_changed_and_nothing_else(before: str, after: str) -> None:
    assert with_theme(before, "dracula") == after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("theme = ", "Invalid value"),
        ("theme = '''nord'''\n", "not certain where its theme is"),
        ('theme.x = "nord"\n', "not certain where its theme is"),
    ],
)
def test_what_is_not_certain_is_left_as_it_is(text: str, why: str) -> None:
    file = config_file()
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(UsageError, match=why):
        save_theme(file, "dracula")
    assert file.read_text() == text
    assert list(file.parent.iterdir()) == [file]


LINES = (
    *("theme = 'nord'", '"theme" = "nord" # x', "theme = '[x]'", "# theme = 1"),
    *("bell = true", "[keys]", "a = '''", "'''", "b = [", "]", '"x",', ""),
)


@given(st.lists(st.sampled_from(LINES), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_of_any_file_only_the_theme_is_another(lines: list[str], end: str) -> None:
    text = end.join(lines)
    try:
        before = tomllib.loads(text)
        after = with_theme(text, "dracula")
    except ValueError:
        return
    assert tomllib.loads(after) == {**before, "theme": "dracula"}
    changed = [line for line in after.split(end) if line not in (*lines, "")]
    assert len(changed) <= 1
    assert len(after.split(end)) <= len(text.split(end)) + 1


def test_a_new_file_is_private_and_an_old_one_keeps_its_permissions() -> None:
    file = config_file()
    save_theme(file, "nord")
    assert file.read_text() == 'theme = "nord"\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.chmod(0o640)
    save_theme(file, "dracula")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert settings_file.load_settings().theme == "dracula"
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_one(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "mobius.toml"
    kept.parent.mkdir()
    kept.write_text("bell = false\n")
    file = config_file()
    file.parent.mkdir(parents=True)
    file.symlink_to(kept)
    save_theme(file, "nord")
    assert file.is_symlink()
    assert kept.read_text() == 'theme = "nord"\nbell = false\n'


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no regular file"):
        save_theme(tmp_path, "nord")
    (tmp_path / "plain").write_text("")
    with pytest.raises(UsageError, match="Not a directory"):
        save_theme(tmp_path / "plain" / "config.toml", "nord")
    file = tmp_path / "latin"
    file.write_bytes(b"# \xe9\n")
    with pytest.raises(UsageError, match="utf-8"):
        save_theme(file, "nord")
    assert file.read_bytes() == b"# \xe9\n"


async def test_the_theme_that_is_chosen_is_taken_and_kept(tmp_path: Path) -> None:
    file = config_file()
    file.parent.mkdir(parents=True)
    file.write_text(FULL)
    run = scenes.fresh(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await screen.run_action("choose_theme")
        await settled(pilot)
        await pilot.press(*"mobius-contrast")
        await until(pilot, lambda: "mobius-contrast" in words(pilot).split("\n", 4)[4])
        await press(pilot, time, "enter")
        await until(pilot, lambda: "mobius-contrast" in file.read_text())
        assert pilot.app.theme == "mobius-contrast"
        await until(pilot, lambda: "kept in" in words(pilot))
    assert file.read_text() == FULL.replace("'nord'", '"mobius-contrast"')


async def test_a_theme_that_cannot_be_kept_is_taken_and_said(tmp_path: Path) -> None:
    file = config_file()
    file.mkdir(parents=True)
    run = scenes.fresh(tmp_path)
    async with hosted(run), opened(run) as (screen, pilot):
        screen.use_theme("nord")
        await until(pilot, lambda: "not kept" in words(pilot))
        assert pilot.app.theme == "nord"
        assert pilot.app.screen is screen
