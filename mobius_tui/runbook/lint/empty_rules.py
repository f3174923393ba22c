"""Keys that are given an empty text or list: it names nothing, and is read as no key.

Whoever writes `choices = []` or `become = ""` does not get what it looks like: any
value is allowed, and nobody else is become.
"""

from __future__ import annotations

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.model.key_table import KEYS, place_of
from mobius_tui.runbook.toml.problem import LintRule

EMPTY_VALUE = LintRule(
    code="empty-value",
    title="a key whose empty value is no choice",
    reason="An empty text or list names nothing, and is taken as if the key were left "
    "out: then it means any value, every check passed, or the usual.",
    remedy="write what is meant, or leave the key out",
    bad="[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    "effect = 'read'\nrun = 'echo \"$place\"'\n"
    "[var.place]\ndefault = 'here'\nchoices = []",
    good="[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    "effect = 'read'\nrun = 'echo \"$place\"'\n"
    "[var.place]\ndefault = 'here'\nchoices = ['here', 'there']",
)
_FOR_PEOPLE = ("title", "why", "hint", "summary", "version", "review_cycle", "handle")
_NONE_OF_THEM = (
    *("owners", "requires", "protected", "first", "instead_of", "witness", "probe"),
    *(
        "vars",
        "outputs",
        "needs",
        "confirmed_with",
        "uses",
        "links",
        "to",
        "warning",
        "step",
    ),
)
"""Lists that have nothing in them, and mean that."""
_EMPTY_IS_MEANT = frozenset(
    {
        ("var.NAME", "default"),
        ("contact", "role"),
        ("contact", "for"),
        ("phase.step", "role"),
        ("phase.step.check.sql", "is"),
        ("phase.step.check.run", "is"),
        ("health.probe.error_rate", "at"),
        ("health.probe.p95", "at"),
    }
)
"""Keys whose empty text is a value as any other, by their table."""


def may_be_empty(place: str, key: str) -> bool:
    """Whether an empty text or list of a key means what it says.

    Args:
        place: the name of its table; see `key_table.KEYS`.
        key: the key.
    """
    is_of_file = place == ""
    is_said = key in _FOR_PEOPLE or key in _NONE_OF_THEM
    return is_of_file or is_said or (place, key) in _EMPTY_IS_MEANT


def warn_empty_values(draft: RunbookDraft) -> None:
    """Warn of each key whose empty value is no choice."""
    for table in draft.root.registry.tables:
        place = place_of(table.path)
        for key, value in table.node.items():
            is_empty = value == [] or (isinstance(value, str) and not value.strip())
            if is_empty and key in KEYS.get(place, ()) and not may_be_empty(place, key):
                words = f"`{key}` is empty, and means no more than if it were left out"
                table.warn(EMPTY_VALUE.code, words, key)
