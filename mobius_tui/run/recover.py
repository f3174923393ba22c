"""The recovery table: what became of an attempt that an earlier host left behind.

It is judged only when the attempt's `lock` is free; pure, over what was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["running", "as exit says", "not started", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What is left of an attempt whose StepStarted is in the journal, unended."""

    lock_held: bool
    same_boot: bool
    """Whether it was started in this boot of the machine."""
    exit_valid: bool
    pid_there: bool


def judge(evidence: Evidence) -> Verdict:
    """What the attempt is; each row of the table is one line here."""
    if evidence.lock_held and evidence.same_boot:
        return "running"
    if evidence.exit_valid:
        return "as exit says"
    if not evidence.same_boot:
        return "unknown"
    return "unknown" if evidence.pid_there else "not started"


def why(evidence: Evidence, died: str = "died") -> str:
    """The verdict's reason, for a person.

    Args:
        evidence: what was found.
        died: what is known of how its keeper ended, in words.
    """
    match judge(evidence):
        case "running":
            return "its keeper lives"
        case "as exit says":
            return "its keeper recorded the end"
        case "not started":
            return "the host died before the script began; nothing of it ran"
        case "unknown" if not evidence.same_boot:
            return "the machine was restarted while it ran; how far it got is not known"
        case _:
            return f"its keeper {died} while it ran; how far it got is not known"
