"""The runbook's source in a real editor's place, in a real terminal."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.journal.follower import Follower
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.own_runbooks import own_copy_path
from tests.acceptance.conftest import Open
from tests.acceptance.driving import ENTER, press_until, wait_until

ESC = "\x1b"
BOOK = """\
format = 1
[runbook]
id = "edited"
title = "Edited"
[[phase]]
id = "one"
title = "One"
[[phase.step]]
id = "first"
title = "First step"
effect = "read"
run = 'echo ran-as-it-was'
[[phase.step]]
id = "second"
title = "Second step"
effect = "read"
run = 'echo second'
"""


def fake_editor(folder: Path, program: str) -> str:
    """A `vim` that notes what it is given and that it has the terminal, and edits."""
    path = folder / "vim"
    path.write_text(
        f"#!/bin/sh\ntest -t 0 && test -t 1 && echo tty > {folder}/said\n"
        f'echo "$1 $2" >> {folder}/said\n{program}\n'
    )
    path.chmod(0o755)
    return str(path)


async def test_a_step_is_edited_for_the_next_run(
    terminal: Open, tmp_path: Path
) -> None:
    book = tmp_path / "edited.toml"
    book.write_text(BOOK)
    editor = fake_editor(tmp_path, 'sed -i "s/as-it-was/\x1b[2Jas-it-is/" "$2"')
    directory = await start_new_run(prepare_briefing(load(book), given={}))
    screen = terminal("resume", directory.id, VISUAL=editor)
    screen.until("First step")
    press_until(screen, "e", lambda shown: "Edited since this run began" in shown)
    assert (tmp_path / "said").read_text() == f"tty\n+8 {book}\n"
    screen.until("+run = 'echo ran-␛[2Jas-it-is'")
    press_until(screen, ESC, lambda shown: "This is for the next run" not in shown)
    press_until(screen, ENTER, lambda shown: "ran-as-it-was" in shown)
    wait_until(
        screen, lambda: Follower(directory).state.steps["first"].status == "passed"
    )
    assert directory.attempt("first", 1).output.read_text() == "ran-as-it-was\n"
    press_until(screen, "D", lambda shown: "Edited since this run began" in shown)


async def test_a_bundled_runbook_is_copied_and_its_copy_read_again(
    terminal: Open, tmp_path: Path
) -> None:
    editor = fake_editor(
        tmp_path, 'sed -i \'s/^title = "MOBIUS rollback"/title = "Ours"/\' "$2"'
    )
    screen = terminal("run", "mobius-rollback", EDITOR=editor, VISUAL="")
    screen.until("Why are we rolling back?")
    press_until(screen, "\x1bOS", lambda shown: "Edit a copy of" in shown)
    press_until(screen, ENTER, lambda shown: " Ours " in shown)
    copy = own_copy_path(Path("mobius-rollback.toml"))
    assert (tmp_path / "said").read_text() == f"tty\n+1 {copy}\n"
    assert 'title = "Ours"' in copy.read_text()
