"""config.toml: what it may say, and every way in which it can be wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from textual.keys import _character_to_key
from textual.theme import BUILTIN_THEMES

from mobius_tui.cli import main
from mobius_tui.errors import UsageError
from mobius_tui.run.intents.step_intents import OverrideStep
from mobius_tui.runbook.toml.runbook_source import config_file
from mobius_tui.tui.commands import registry
from mobius_tui.tui.commands.command import NAMED_KEYS, canonical_key, key_name
from mobius_tui.tui.commands.registry import COMMANDS
from mobius_tui.tui.config import settings_file
from mobius_tui.tui.config.settings import THEME_NAMES, Settings
from mobius_tui.tui.config.settings_file import decode_settings
from mobius_tui.tui.config.themes import OWN_THEMES
from tests.paths import ROOT
from tests.table import each_row
from tests.tui import scenes
from tests.tui.runs import Time, hosted, opened, press, settled, until, words
from tests.waiting import PATIENCE

FILE = Path("/home/maria/.config/mobius-tui/config.toml")


def read(text: str) -> Settings:
    return decode_settings(FILE, text.encode())


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    return str(caught.value)


def test_a_file_that_is_not_there_says_nothing() -> None:
    assert not config_file().exists()
    assert settings_file.load_settings() == Settings()


def test_everything_that_can_be_said() -> None:
    found = read(
        """
        theme = "nord"
        ascii = true
        bell = false
        title = false
        [keys]
        retry = "R"
        checklist.up = ["up", "p"]
        "checklist.down" = ["down", "Ctrl+N"]
        help = ["?", "f1", "F6"]
        output.times = []
        """
    )
    assert found.theme == "nord"
    assert (found.ascii, found.bell, found.title) == (True, False, False)
    assert found.keys == {
        "retry": ("R",),
        "checklist.up": ("up", "p"),
        "checklist.down": ("down", "ctrl+n"),
        "help": ("question_mark", "f1", "f6"),
        "output.times": (),
    }


@each_row(
    ("text", "said"),
    [
        ("them = 'nord'", "unknown key `them` in the file; did you mean `theme`?"),
        ("theme = 'norde'", "no theme called `norde`; did you mean `nord`?"),
        ("theme = 'x'", "ours are mobius-dark, mobius-light"),
        ("theme = 3", "`theme` is a text in quotes, not a number"),
        ("ascii = 'yes'", "`ascii` is true or false, without quotes"),
        ("keys = 'x'", "`keys` is a table"),
        ("[keys]\nretri = 'x'", "no command `retri`; did you mean `retry`?"),
        ("[keys]\nretry = 3", 'write retry = "x"'),
        ("[keys]\nretry = 'pagup'", "no key called `pagup`; did you mean `pageup`?"),
        ("[keys]\nretry = 'super+x'", "a key is a character"),
        ("[keys]\nretry = ''", "no key called ``"),
        ("[keys]\nretry = 'ctrl+m'", "terminals send it as Enter"),
        ("[keys]\nretry = 'Ctrl+I'", "terminals send it as Tab"),
        ("[keys]\nretry = 'ctrl+h'", "terminals send it as Backspace"),
        ("[keys]\nretry = 'ctrl+j'", "terminals send it as Enter"),
        ("[keys]\nretry = 'ctrl+c'", "ends nothing; choose another"),
        ("[keys]\nretry = 'enter'", "dialogs need `Enter` themselves"),
        ("[keys]\nleave = 'escape'", "dialogs need `Esc` themselves"),
        ("[keys]\nstatus = 'tab'\nfocus.next = 'f9'", "dialogs need `Tab` themselves"),
        ("[keys]\nfollow_up = 'tab'\nfocus.next = 'f9'", "so `follow_up` cannot have"),
        ("[keys]\nleave = []", "`leave` needs a key"),
        ("[keys]\nretry = 's'", "`s` is `skip` (Skip the step), too"),
        ("[keys]\nretry = 'k'", "`k` is `checklist.up` (Up), too"),
        ("[keys]\nretry = 'x'\nnote = 'x'", "`x` is `stop` (Stop the step), too"),
        ("[keys]\nchecklist.up = 'q'", "`q` is `leave` (Leave), too"),
        ("[keys]\nreview.bad_after = 't'", "`t` is `output.times` ("),
        ("[keys]\nreview.bad_after = 'w'", "`w` is `output.wrap` ("),
        ("theme = ", "Invalid value"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_a_remedy(
    text: str, said: str
) -> None:
    report = refused(text)
    assert said in report
    first_line = 2 if text.startswith("[keys]") else 1
    assert report.startswith(f"{FILE}:{first_line}:")


def test_all_mistakes_are_told_at_once() -> None:
    report = refused("them = 1\nascii = 1\n[keys]\nretry = 's'\nnope = 'y'\n")
    places = [line.split(":")[1] for line in report.split("\n") if ": " in line]
    assert places == ["1", "2", "4", "5"]


def test_two_commands_may_change_places(ours: None) -> None:
    assert ours is None
    found = read("[keys]\nretry = 's'\nskip = 'r'\n")
    assert found.keys == {"retry": ("s",), "skip": ("r",)}


def test_panes_that_have_the_focus_by_turns_may_share_a_key() -> None:
    assert read("[keys]\nchecklist.last = 'b'\noutput.last = 'b'\n").keys
    assert read("[keys]\ntimeline.before = 't'\n").keys


def test_no_command_has_a_key_of_another_as_it_comes() -> None:
    for command in COMMANDS:
        for key in command.keys:
            assert canonical_key(key) == key
        read(f"[keys]\n{command.id} = {list(command.keys)}\n")


@each_row("character", [chr(code) for code in range(0x21, 0x7F)] + ["é"])
def test_a_character_is_the_key_that_textual_takes_it_for(character: str) -> None:
    assert canonical_key(character) == _character_to_key(character)
    assert canonical_key(_character_to_key(character)) == _character_to_key(character)
    assert key_name(_character_to_key(character)) == character


def test_keys_by_the_names_that_people_write() -> None:
    assert canonical_key("PgUp") == "pageup"
    assert canonical_key("Esc") == "escape"
    assert canonical_key(" ") == "space"
    assert canonical_key("shift+Tab") == "shift+tab"
    assert canonical_key("shift+x") == "X"
    assert canonical_key("ctrl+shift+Left") == "ctrl+shift+left"
    assert canonical_key("ctrl++") == "ctrl+plus"
    assert canonical_key("Ctrl+G") == "ctrl+g"
    assert key_name("ctrl+g") == "Ctrl+G"
    assert key_name("pageup") == "PgUp"
    assert all(canonical_key(name) == name for name in NAMED_KEYS)


def test_the_themes_are_those_that_there_are() -> None:
    assert set(THEME_NAMES) == {*BUILTIN_THEMES, *(theme.name for theme in OWN_THEMES)}


async def test_keys_of_the_persons_work_and_are_shown(
    tmp_path: Path, ours: None
) -> None:
    assert ours is None
    registry.set_keys(
        read("[keys]\nretry = 'R'\nskip = 'r'\noverride = 'ctrl+o'\n").keys
    )
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        shown = words(pilot)
        assert "R Retry" in shown
        assert "R retry" in shown, "the detail pane"
        await press(pilot, time, "enter")
        shown = words(pilot)
        assert "R Retry" in shown, "the dialog's button"
        assert "Ctrl+O Override" in shown
        await press(pilot, time, "o")
        assert "Ctrl+O Override" in words(pilot), "the old key does nothing"
        await press(pilot, time, "ctrl+o", *"seen", "enter")
        await until(pilot, lambda: host.intents)
        assert isinstance(host.intents[0], OverrideStep)


async def test_help_shows_the_persons_keys(tmp_path: Path, ours: None) -> None:
    assert ours is None
    registry.set_keys({"help": ("f5",), "retry": ("R",), "output.times": ()})
    run = scenes.fresh(tmp_path)
    async with hosted(run), opened(run, size=(120, 130)) as (screen, pilot):
        await pilot.press("question_mark")
        assert pilot.app.screen is screen
        await pilot.press("f5")
        await settled(pilot)
        shown = words(pilot)
        assert re.search(r"R\s*Run the step again", shown)
        assert "F5" in shown
        await pilot.press("escape")


def config(text: str) -> None:
    file = config_file()
    file.parent.mkdir(parents=True)
    file.write_text(text)


def test_a_wrong_file_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    config("theme = 'norde'\n")
    program = str(Path(sys.executable).with_name("mobius-tui"))
    import pexpect

    env = {**os.environ, "TERM": "xterm-256color"}
    child = pexpect.spawn(
        program, ["run", "mobius-rollback"], timeout=PATIENCE, env=env
    )
    text = child.read().decode()
    child.wait()
    assert child.exitstatus == 2
    assert "did you mean `nord`?" in text
    assert "\x1b" not in text
    assert not (tmp_path / "state").exists()


def test_paths_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths"]) == 0
    said = capsys.readouterr().out
    assert f"config    {config_file()}  (not there" in said
    config("ascii = true\n")
    assert main(["paths"]) == 0
    assert f"config    {config_file()}\n" in capsys.readouterr().out


def test_lines_do_not_care_for_it() -> None:
    config("theme = 'norde'\n")
    program = str(Path(sys.executable).with_name("mobius-tui"))
    done = subprocess.run(
        [program, "runs"], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0


PAGE = ROOT / "docs" / "settings.md"


def _quoted(key: str) -> str:
    return f"`{key_name(key)}`"


def test_the_page_lists_every_command_and_shows_a_file_that_is_right() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    listed = [(name, keys, title) for name, keys, title in rows]
    assert listed == [
        (
            each.id,
            " ".join(f"`{key_name(key)}`" for key in each.keys) or "-",
            each.title,
        )
        for each in COMMANDS
    ]
    examples = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    [example] = [each for each in examples if "[keys]" in each]
    assert read(example).keys
