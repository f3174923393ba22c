"""Names: reserved ones, suggestions for wrong ones, ids from titles."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

_SHELL = """
PATH IFS ENV HOME SHELL SHELLOPTS PWD OLDPWD CDPATH GLOBIGNORE PROMPT_COMMAND
PS0 PS1 PS2 PS3 PS4 UID EUID PPID GROUPS RANDOM SECONDS LINENO OPTIND OPTARG OPTERR
FUNCNAME DIRSTACK HISTFILE HOSTNAME USER LOGNAME TERM TMPDIR LANG TZ POSIXLY_CORRECT _
"""
"""Variables that shells and the C library read or set."""
_PROGRAMS = """
NODE_OPTIONS PERL5OPT PERL5LIB PERLLIB RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS
GCONV_PATH LOCPATH MALLOC_CHECK_
"""
"""Variables that make programs load code."""
_RESERVED = frozenset((_SHELL + _PROGRAMS).split())
_FAMILIES = ("LD_", "DYLD_", "BASH", "PYTHON", "LC_", "RUNBOOK_", "MOBIUS_", "GIT_")
_OURS = ("RUNBOOK_", "MOBIUS_")

RUN_FACTS = (
    *("runbook", "environment", "operator", "outcome", "reason"),
    *("began", "ended", "took", "failed", "outage"),
)
"""The facts of the run that a variable with `run = true` names, each as a variable
`NAME_FACT`."""


def is_reserved(name: str) -> bool:
    """Whether a variable with that name would affect programs."""
    return name in _RESERVED or name.startswith(_FAMILIES)


def is_mobius_variable(name: str) -> bool:
    """Whether the name belongs to this program, so that not even `env` may set it."""
    return name.startswith(_OURS)


def nearest(word: str, choices: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The choice that was most probably intended; `None` if none is similar."""
    matches = difflib.get_close_matches(word[:80], list(choices), n=1, cutoff=cutoff)
    return matches[0] if matches else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean …?`, or an empty text."""
    candidate = nearest(word, choices)
    return f"; did you mean `{candidate}`?" if candidate is not None else ""


class IdMaker:
    """Makes unique ids of titles.

    Args:
        kind: the id of a title without letters and digits, such as `step`.
        taken: ids that are in use already.
    """

    def __init__(self, kind: str, taken: Iterable[str] = ()) -> None:
        self._kind = kind
        self._counts = dict.fromkeys(taken, 1)

    def next_id(self, title: str) -> str:
        """A new id for a title."""
        base = id_from_text(title) or self._kind
        candidate = base
        while candidate in self._counts:
            self._counts[base] = self._counts.get(base, 1) + 1
            candidate = f"{base}-{self._counts[base]}"
        self._counts[candidate] = 1
        return candidate


def id_from_text(text: str) -> str:
    """An id made of a text: a-z, 0-9 and `-`; empty if it has no such characters."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[a-z0-9]+", plain.lower().replace("'", "")))
    if len(words) <= 40:
        return words
    return words[: max(words.rfind("-", 0, 41), 0) or 40]


def new_variable_name(text: str, kind: str, taken: Iterable[str]) -> str:
    """A variable name made of a text, which is not in `taken`.

    Args:
        text: any text.
        kind: the name if the text has no letters and digits; a prefix if its own name
            would be reserved or begin with a digit.
        taken: names that are in use already.
    """
    base = id_from_text(text).replace("-", "_") or kind
    if base[0].isdigit() or is_reserved(base):
        base = f"{kind}_{base}"
    candidate, number, names = base, 1, set(taken)
    while candidate in names:
        number += 1
        candidate = f"{base}_{number}"
    return candidate
