"""What is said of the form in which an answer is wanted: words first, pattern last."""

from __future__ import annotations

from mobius_tui.runbook.forms import example, form_in_words
from mobius_tui.runbook.model import Step
from mobius_tui.runbook.model_action import Ask
from mobius_tui.tui.view import RunView


def short_form(view: RunView, step: Step, ask: Ask) -> str:
    """An example, or else the form in words, or else the pattern; may be empty."""
    if ask.match is None:
        return ""
    handle = _handle(view, step, ask)
    if handle:
        return f"such as {handle}"
    return form_in_words(ask.match) or f"in the form {ask.match}"


def full_form(view: RunView, step: Step, ask: Ask) -> str:
    """All that is known of the form, the pattern last."""
    if ask.match is None:
        return ""
    handle = _handle(view, step, ask)
    parts = (form_in_words(ask.match), f"such as {handle}" if handle else "")
    told = ", ".join(part for part in parts if part)
    return f"{told} (pattern {ask.match})" if told else f"pattern {ask.match}"


def _handle(view: RunView, step: Step, ask: Ask) -> str:
    return example(ask.match or "", view.runbook.contacts, step.role or "")
