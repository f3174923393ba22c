"""Names: reserved and provided ones, the nearest to a wrong one, ids from titles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SHELL = """
PATH IFS ENV HOME SHELL SHELLOPTS PWD OLDPWD CDPATH GLOBIGNORE PROMPT_COMMAND
PS0 PS1 PS2 PS3 PS4 UID EUID PPID GROUPS RANDOM SECONDS LINENO OPTIND OPTARG OPTERR
FUNCNAME DIRSTACK HISTFILE HOSTNAME USER LOGNAME TERM TMPDIR LANG TZ POSIXLY_CORRECT _
"""
"""What shells and the C library read or set by themselves."""
_PROGRAMS = """
NODE_OPTIONS PERL5OPT PERL5LIB PERLLIB RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS
GCONV_PATH LOCPATH MALLOC_CHECK_
"""
"""What makes other programs load code."""
_RESERVED = frozenset((_SHELL + _PROGRAMS).split())
_FAMILIES = ("LD_", "DYLD_", "BASH", "PYTHON", "LC_", "RUNBOOK_", "MOBIUS_", "GIT_")
_OURS = ("RUNBOOK_", "MOBIUS_")

RUN_FACTS = (
    *("runbook", "environment", "operator", "outcome", "reason"),
    *("began", "ended", "took", "failed", "outage"),
)
"""What a variable with `run = true` tells of the run that it names, each as
`NAME_FACT`."""

PROVIDED = (
    "now",
    "run.id",
    "run.started",
    "run.elapsed",
    "run.operator",
    "run.mode",
    "run.failure",
    "trigger.reason",
)
"""The names that a run provides, beside `health.PROBE` and `step.ID.…`."""
STEP_NAMES = ("result", "check")
"""What `step.ID.` goes on with."""


def is_reserved(name: str) -> bool:
    """Whether a variable of that name would change how programs run, or this one."""
    return name in _RESERVED or name.startswith(_FAMILIES)


def is_ours(name: str) -> bool:
    """Whether the name belongs to this program, so that not even `env` may set it."""
    return name.startswith(_OURS)


def nearest(word: str, choices: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The choice that was most probably meant, if one is near enough."""
    import difflib  # takes 3 ms, and is needed only where something is wrong

    close = difflib.get_close_matches(word[:80], list(choices), n=1, cutoff=cutoff)
    return close[0] if close else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing."""
    found = nearest(word, choices)
    return f"; did you mean `{found}`?" if found is not None else ""


class Ids:
    """Ids made of titles, each once."""

    def __init__(self, kind: str, taken: Iterable[str] = ()) -> None:
        self._kind = kind
        self._counts = dict.fromkeys(taken, 1)

    def made_of(self, title: str) -> str:
        """The next id for a title."""
        base = slug(title) or self._kind
        found = base
        while found in self._counts:
            self._counts[base] = self._counts.get(base, 1) + 1
            found = f"{base}-{self._counts[base]}"
        self._counts[found] = 1
        return found


def slug(text: str) -> str:
    """An id made of a text: a-z, 0-9 and `-`; empty where nothing of it can be kept."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[a-z0-9]+", plain.lower().replace("'", "")))
    if len(words) <= 40:
        return words
    return words[: max(words.rfind("-", 0, 41), 0) or 40]


def variable_name(text: str, kind: str, taken: Iterable[str]) -> str:
    """A name for a variable that is not taken, made of what it is called."""
    base = slug(text).replace("-", "_") or kind
    if base[0].isdigit() or is_reserved(base):
        base = f"{kind}_{base}"
    found, number, names = base, 1, set(taken)
    while found in names:
        number += 1
        found = f"{base}_{number}"
    return found
