"""What stands in for a person in a run that goes on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.run.intents import Intent
from mobius_tui.runbook.document import Findings, parse
from mobius_tui.runbook.source import MAX_BYTES, RefusedError


def answers_of(path: Path) -> dict[str, str]:
    """What an answers file says: variable → value; lists are joined by newlines.

    Raises:
        UsageError: it cannot be read, or is no such file.
    """
    try:
        with path.open("rb") as file:
            data = parse(str(path), file.read(MAX_BYTES + 1), Findings()).tree
    except OSError as error:
        raise UsageError(f"--answers {path}: {error.strerror}") from error
    except RefusedError as error:
        raise UsageError(f"--answers {error.problem.render()}") from None
    found: dict[str, str] = {}
    for name, value in data.items():
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) for item in items):
            raise UsageError(f'--answers {path}: {name}: write "text", or ["a", "b"]')
        found[name] = "\n".join(items)
    return found


def auto(answers: Mapping[str, str], *, manual: str, yes: bool) -> Intent:
    """The intent that makes a run automatic.

    Args:
        answers: by variable. `attended` names the attended phases in which they stand
            for a person; `trigger_within` is how long to wait for a trigger to begin
            the rollback, before the main line goes on. Both hold in drills alone.
        manual: what becomes of manual steps: `stop` or `tick`.
        yes: whether what destroys is confirmed by it.
    """
    values = dict(answers)
    attended = tuple(values.pop("attended", "").split())
    if "trigger_within" in values:
        values["--trigger"] = values.pop("trigger_within")
    values["--manual"] = manual
    values["--yes"] = "yes" if yes else "no"
    return Intent(wish="auto", values=values, names=attended)
