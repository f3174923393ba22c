"""The keys that a table may leave out in format 2: they follow from others in it.

A step's title is that of its script or of its task, a part's id that of its title. Both
are read from a TOML table as parsed, so that a file with mistakes elsewhere has them,
too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mobius_tui.runbook.text.names import id_from_text
from mobius_tui.runbook.text.shortening import shortened

MAX_TITLE = 60
"""Characters of a derived title."""
_BRACED = re.compile(r"\$\{(\w+)[^{}]*\}")
_MARKUP = re.compile(r"[*_`#>\[\]]+|\(https?://[^)]*\)")


def derived_title(node: Mapping[str, Any]) -> str:
    """The title of a step that has none of its own.

    It is the first line that says something: of the script (its comment, if it begins
    with one), or of the task of a person. Empty if the step has neither.
    """
    run, manual = node.get("run"), node.get("manual")
    if isinstance(run, str):
        lines = [line.strip() for line in run.split("\n")]
        lines = [line for line in lines if line and not line.startswith("#!")]
        found = lines[0].lstrip("# ") or lines[0] if lines else ""
    elif isinstance(manual, str):
        found = next((line for line in manual.split("\n") if line.strip()), "")
        found = _MARKUP.sub("", found)
    else:
        return ""
    # A shell's `${name}` is no name to be filled in: it reads as well without braces.
    words = _BRACED.sub(r"$\1", " ".join(found.split())).replace("${", "$")
    return shortened(words, MAX_TITLE)


def title_of(node: Mapping[str, Any]) -> str:
    """The title of a table, its own or the derived one; empty if there is none."""
    title = node.get("title")
    return title if isinstance(title, str) else derived_title(node)


def id_of(node: Mapping[str, Any]) -> str:
    """The id of a table, its own or the one that its title makes.

    Empty if there is neither, or if no letter or digit of the title can be in an id.
    """
    own = node.get("id")
    if isinstance(own, str):
        return own
    return id_from_text(title_of(node))
