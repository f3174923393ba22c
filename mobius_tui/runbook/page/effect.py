"""What the commands of a page do, and what its author says that they do."""

from __future__ import annotations

import re

from mobius_tui.runbook.effects.judge import judge_script
from mobius_tui.runbook.effects.known import known_commands
from mobius_tui.runbook.model_action import Effect
from mobius_tui.runbook.shell.parse import LIMIT

_TAKES_AWAY = (
    r"(?:delete|destroy|drop|purge|remove|wipe|truncate|restore|roll[ -]?back|revert|"
    r"downgrade|uninstall|undo|prune|clean[ -]?up)(?![A-Za-z])"
)
_TITLE = re.compile(rf"\W*{_TAKES_AWAY}", re.IGNORECASE)
_WORD = re.compile(rf"(?<![A-Za-z]){_TAKES_AWAY}", re.IGNORECASE)


def effect_of(script: str, *titles: str) -> Effect:
    """The label of a step: never lower than what its commands do.

    Args:
        script: the commands.
        titles: what its author calls it; one that begins with a word such as
            "Restore" says that a change destroys, as does one in a command.
    """
    judged = judge_script(script, table=known_commands({}))
    done = (deed.words for deed in judged.deeds)
    says_so = any(map(_TITLE.match, titles)) or any(map(_WORD.search, done))
    if judged.effect == "change" and (says_so or len(script) > LIMIT):
        return "destroy"
    return judged.effect
