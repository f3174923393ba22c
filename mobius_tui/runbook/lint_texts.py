"""What any text of a runbook may have in it by mistake: placeholders and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mobius_tui.runbook.doubts.placeholders import PLACEHOLDER, placeholders
from mobius_tui.runbook.doubts.secrets import SECRET, secrets
from mobius_tui.runbook.draft import Draft
from mobius_tui.runbook.lint_scripts import Spelt
from mobius_tui.runbook.reader import Table

_Path = tuple[str | int, ...]
_SCRIPTS = ("run", "script")
_NAMES = re.compile(r"(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key)$")
_NOT_VALUES = ("secrets", "from_env", "title", "when", "uses", "needs")
"""Keys below which a name of that kind is not the secret itself."""


def doubt_texts(draft: Draft) -> None:
    """Warn of placeholders, and of what looks like a secret."""
    for table, path, text in _texts(draft):
        script = path[-1] in _SCRIPTS
        found = [
            (PLACEHOLDER.code, words, at)
            for at, words in placeholders(text, script=script)
        ]
        spans = [*secrets(text), *_named(table, path, text)]
        found += [(SECRET.code, _LOOKS, start) for start, _ in spans]
        if found:
            spelt = Spelt(table, path)
            for code, words, at in found:
                spelt.doubt(code, words, at)


_LOOKS = "this looks like a secret, and whoever reads the runbook has it"


def _texts(draft: Draft) -> Iterator[tuple[Table, _Path, str]]:
    """Every text of the main file, and of what is used of included ones."""
    for path, text in _leaves(draft.root.node, ()):
        yield draft.root, path, text
    for table in dict.fromkeys(draft.places.values()):
        if table.document is not draft.root.document:
            for path, text in _leaves(table.node, ()):
                yield table, path, text


def _leaves(node: Any, path: _Path) -> Iterator[tuple[_Path, str]]:
    if isinstance(node, str):
        if path:
            yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _leaves(value, (*path, index))


def _named(table: Table, path: _Path, text: str) -> Iterator[tuple[int, int]]:
    """A value whose key says that it is a secret."""
    keys = [str(part) for part in (*table.path, *path)]
    name = keys[-2] if keys[-1] == "default" and len(keys) > 1 else keys[-1]
    if set(keys) & set(_NOT_VALUES) or not _NAMES.search(name):
        return
    letters = sum(char.isalpha() for char in text)
    if len(text) >= 6 and "$" not in text and 0 < letters < len(text):
        yield 0, len(text)
