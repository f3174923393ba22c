"""What a run that begins is known by."""

from __future__ import annotations

import re

from mobius_tui.run.state.step_state import Status
from tests.run.books import ONE, step
from tests.run.conftest import Begin

MARK = 'printf "%s\\n" "$MOBIUS_TUI_ATTEMPT"'


async def test_no_two_runs_have_one_key(begin: Begin) -> None:
    marks = []
    for _ in range(2):
        run = await begin(ONE + step("a", MARK))
        began = run.state.began
        assert began is not None
        assert began.key is not None
        assert re.fullmatch("[0-9a-f]{32}", began.key)
        await run.did("start", "a")
        await run.until(lambda state: state.steps["a"].status is Status.PASSED)
        mark = run.directory.attempt("a", 1).output.read_text().strip()
        assert mark == f"{began.key}/a.1"
        marks.append(mark)
    assert marks[0] != marks[1]
