"""A runbook's source in an editor: at its line, and what comes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.widgets import Button, OptionList

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.storage.source_diff import MAX_COMPARED_LINES, source_edits
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.own_runbooks import own_copy_path
from mobius_tui.runbook.library.runbook_files import bundled_folder, bundled_runbooks
from mobius_tui.tui.backend.full_screens import LeaveForTask
from mobius_tui.tui.dialogs.question import Question
from mobius_tui.tui.dialogs.source_dialogs import ChangesDialog
from mobius_tui.tui.external.editor import command_at_line, edit_runbook, source_place
from mobius_tui.tui.navigation import Navigator
from mobius_tui.tui.screen_state import PhaseRow
from mobius_tui.tui.screens.briefing_screen import BriefingScreen
from mobius_tui.tui.screens.run_screen import RunScreen
from mobius_tui.tui.widgets.run_header import RunHeader
from tests.tui.runs import (
    MadeRun,
    Time,
    hosted,
    no_resume,
    opened,
    press,
    running,
    until,
    words,
)

BOOK = """\
format = 1
[runbook]
id = "small"
title = "Small"
[var.place]
default = "here"
[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "look"
title = "Look"
effect = "read"
run = 'echo $place'
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(BOOK)
    return path


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script by the name of `vi` that notes its words, and puts `new` in place."""
    program = tmp_path / "bin" / "vi"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/words\nfor last; do :; done\n'
        f'if [ -e {tmp_path}/new ]; then cat {tmp_path}/new > "$last"; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(program))
    return program


def away(result: object) -> LeaveForTask:
    assert isinstance(result, LeaveForTask)
    return result


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("vi", "vi +7 /x/a.toml"),
        ("/usr/bin/nvim -u NONE", "/usr/bin/nvim -u NONE +7 /x/a.toml"),
        ("nano", "nano +7 /x/a.toml"),
        ("emacsclient -t", "emacsclient -t +7 /x/a.toml"),
        ("less", "less +7 /x/a.toml"),
        ("code", "code --wait -g /x/a.toml:7"),
        ("code -w", "code -w -g /x/a.toml:7"),
        ("hx", "hx /x/a.toml:7"),
        ("ed", "ed /x/a.toml"),
    ],
)
def test_each_editor_is_told_the_line_in_its_own_way(editor: str, words: str) -> None:
    told = command_at_line(tuple(editor.split()), Path("/x/a.toml"), 7)
    assert " ".join(told) == words


def test_an_included_step_is_edited_in_its_own_file(book: Path) -> None:
    part = book.with_name("part.toml")
    part.write_text(BOOK.replace("look", "other").replace('"one"', '"two"'))
    book.write_text(BOOK + '[[phase]]\ninclude = "part.toml#two"\n')
    assert source_place(book, "phase.step", "look") == (book, 10)
    assert source_place(book, "phase.step", "other") == (part, 10)
    assert source_place(book, "phase", "two") == (part, 7)
    assert source_place(book, "phase.step", "gone") == (book, 1)


def test_what_comes_of_it_is_told(book: Path, editor: Path, tmp_path: Path) -> None:
    environ = {**os.environ}
    assert edit_runbook(book, environ, part="phase.step", name="look") == ""
    assert (tmp_path / "words").read_text().split("\n")[:2] == ["+10", str(book)]
    (tmp_path / "new").write_text(BOOK + "[nonsense]\n")
    said = edit_runbook(book, environ)
    assert said.startswith(f"It cannot be run as it is: {book}:15:1: unknown key")
    assert edit_runbook(book, environ, reports_problems=False) == ""
    assert edit_runbook(book, {"VISUAL": "/no/such"}) == (
        "/no/such: No such file or directory; set $VISUAL"
    )
    assert edit_runbook(book, {"EDITOR": "/no/such"}) == (
        "/no/such: No such file or directory; set $EDITOR"
    )
    assert edit_runbook(book, {"EDITOR": "false"}) == "false ended with 1"
    assert edit_runbook(book, {"EDITOR": "'"}).startswith("$EDITOR cannot be read")
    malformed = {"VISUAL": "vim '", "EDITOR": "vi"}
    assert edit_runbook(book, malformed).startswith("$VISUAL cannot be read")
    assert editor.exists()


def test_what_was_edited_since_a_run_began(book: Path, tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", load(book), values={})
    began = Viewer(run.directory).follower.state.began
    assert began is not None
    assert source_edits(run.directory, began) == ()
    book.write_text(BOOK.replace('"Look"', '"Look \x1b[31m"'))
    lines = source_edits(run.directory, began)
    assert '-title = "Look"' in lines
    assert '+title = "Look \x1b[31m"' in lines, "the dialog makes it harmless"
    book.write_text("#\n" * (MAX_COMPARED_LINES + 1))
    assert source_edits(run.directory, began) == (
        f"{book} differs: 15 lines in this run, {MAX_COMPARED_LINES + 2} now",
    )
    book.unlink()
    assert source_edits(run.directory, began)[1] == f"+++ {book} is not there now"


async def test_a_run_goes_on_by_its_copy_and_shows_the_diff(
    book: Path, editor: Path, tmp_path: Path
) -> None:
    run = MadeRun(tmp_path / "runs", load(book), values={})
    time = Time(run.at)
    copy = run.directory.runbook / "small.toml"
    (tmp_path / "new").write_text(BOOK.replace("echo", "echo \x1b]0;x\x07"))
    async with hosted(run):
        async with opened(run, time=time) as (before, pilot):
            await press(pilot, time, "D")
            await until(pilot, lambda: "Nothing was edited" in words(pilot))
            await pilot.press("e")
            await until(pilot, lambda: pilot.app.return_value is not None)
        assert away(pilot.app.return_value).task.run() != "", "a control character"
        assert (tmp_path / "words").read_text().startswith(f"+10\n{book}\n")
        stand = before.screen_state
        assert stand.went_to_editor
        page = RunScreen(
            Viewer(run.directory),
            resume=no_resume,
            open_again=no_resume,
            skips_return_card=True,
            screen_state=stand,
        )
        page.mono = time.mono
        async with running(page, size=(120, 36)) as pilot:
            await until(pilot, lambda: isinstance(pilot.app.screen, ChangesDialog))
            shown = words(pilot)
            assert "This is for the next run." in shown
            assert "+run = 'echo ␛]0;x␇ $place'" in shown
            await press(pilot, time, "escape")
            await until(pilot, lambda: pilot.app.screen is page)
            assert not page.screen_state.went_to_editor
    assert copy.read_text() == BOOK
    assert editor.exists()


async def test_a_phase_is_edited_at_its_own_header_though_its_step_has_its_id(
    book: Path, editor: Path, tmp_path: Path
) -> None:
    book.write_text(BOOK.replace('"look"', '"one"'))
    run = MadeRun(tmp_path / "runs", load(book), values={})
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "up")
        await until(pilot, lambda: screen.key == PhaseRow("one"))
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.return_value is not None)
    away(pilot.app.return_value).task.run()
    assert (tmp_path / "words").read_text().startswith(f"+7\n{book}\n")
    assert editor.exists()


async def test_an_edit_from_elsewhere_is_told_once_and_by_itself(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobius_tui.tui.parts.source_edits.SOURCE_CHECK_INTERVAL", 0.02)
    run = MadeRun(tmp_path / "runs", load(book), values={"place": "here"})
    told: list[str] = []

    def note(words: str, **_: object) -> None:
        told.append(words)

    async with hosted(run), opened(run) as (screen, pilot):
        monkeypatch.setattr(screen, "notify", note)
        looks = screen.source_edits.check_source
        seen: list[int] = []

        async def counted(began: RunBegan) -> None:
            await looks(began)
            seen.append(1)

        monkeypatch.setattr(screen.source_edits, "check_source", counted)

        async def looked() -> None:
            before = len(seen)
            await until(pilot, lambda: len(seen) > before + 1)

        await looked()
        assert told == []
        book.write_text(BOOK.replace("echo $place", "echo there"))
        await until(pilot, lambda: told)
        assert told[0].startswith("small.toml was edited since this run began")
        assert "D shows what differs" in told[0]
        book.write_text(BOOK.replace("echo $place", "echo elsewhere"))
        await looked()
        assert screen.screen_state.edits_told
        assert len(told) == 1
        header = screen.query_one(RunHeader)
        assert "runbook edited; D shows" in str(header.render()), "for as long as it is"
        book.write_text(BOOK)  # as it was: what comes next is told again
        await until(pilot, lambda: not screen.screen_state.edits_told)
        assert "edited" not in str(header.render())
        book.write_text(BOOK + "# and more")
        await until(pilot, lambda: len(told) == 2)
        book.write_text(BOOK)
        await until(pilot, lambda: not screen.screen_state.edits_told)
        book.unlink()
        await until(pilot, lambda: len(told) == 3)
        assert told[2].startswith("small.toml is gone since this run began")


async def test_the_briefing_reads_the_edited_source_again(
    book: Path, editor: Path, tmp_path: Path
) -> None:
    briefing = prepare_briefing(load(book), given={"place": "there"})
    first = Navigator(repaints=100).briefing(briefing, auto=None, answers={})
    (tmp_path / "new").write_text(BOOK + "[nonsense]\n")
    async with running(first, size=(100, 30)) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: pilot.app.return_value is not None)
    assert away(pilot.app.return_value).task.run() == ""
    assert first.reopen is not None
    broken = first.reopen()
    # A path of pytest's is long where tests run beside each other: no line may break.
    async with running(broken, size=(240, 30)) as pilot:
        await until(pilot, lambda: "It cannot be run as it was edited" in words(pilot))
        assert "unknown key" in words(pilot)
        assert "`nonsense` in the file" in words(pilot)
        assert broken.query_one("#begin", Button).disabled
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "has errors: F4 edits it" in words(pilot))
        (tmp_path / "new").write_text(BOOK.replace('"Small"', '"Smaller"'))
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.return_value is not None)
    away(pilot.app.return_value).task.run()
    assert broken.reopen is not None
    mended = broken.reopen()
    assert isinstance(mended, BriefingScreen)
    async with running(mended, size=(100, 30)) as pilot:
        assert "Smaller" in words(pilot)
        assert "place=there" in words(pilot), "what was given holds"
        assert "cannot be run" not in words(pilot)
        assert not mended.query_one("#begin", Button).disabled
    assert editor.exists()


async def test_a_bundled_runbook_is_copied_first(editor: Path, tmp_path: Path) -> None:
    path = bundled_folder() / "mobius-rollback.toml"
    before = path.read_bytes()
    copy = own_copy_path(path)
    library = Navigator(repaints=100).library(str(path))
    time = Time()
    library.mono = time.mono
    async with running(library, size=(120, 36)) as pilot:
        options = library.query_one(OptionList)
        await until(pilot, lambda: options.highlighted_option is not None)
        assert words(pilot).count("e Edit") == 1
        await press(pilot, time, "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        assert "comes with the program" in words(pilot)
        await press(pilot, time, "escape")
        await until(pilot, lambda: pilot.app.screen is library)
        assert not copy.exists()
        await press(pilot, time, "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        await press(pilot, time, "enter")
        await until(pilot, lambda: pilot.app.return_value is not None)
    assert away(pilot.app.return_value).task.run() == ""
    assert (tmp_path / "words").read_text() == f"+1\n{copy}\n"
    assert copy.read_bytes() == path.read_bytes() == before
    assert library.reopen is not None
    again = library.reopen()
    async with running(again, size=(120, 36)) as pilot:
        options = again.query_one(OptionList)
        await until(pilot, lambda: options.highlighted_option is not None)
        assert options.highlighted_option is not None
        assert options.highlighted_option.id == str(copy)
    assert editor.exists()
    assert path in bundled_runbooks()
    assert not runs_root().exists()
