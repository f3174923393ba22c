"""Names of variables that nothing sets, and that are nearly those of others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.doubts.look import Finding, Look
from mobius_tui.runbook.doubts.placeholders import PLACEHOLDER
from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.names import is_ours, is_reserved, nearest
from mobius_tui.runbook.shell.model import Expansion, Loop, Script
from mobius_tui.runbook.shell.walk import assignments, commands, own_words

MISSPELT_VARIABLE = Rule(
    code="misspelt-variable",
    title="a variable that nothing sets, and whose name is nearly that of another",
    reason="The script ends there, in the middle of what it does: steps run with "
    "`set -u`.",
    remedy="spell it as it is declared; or set it in the script, or in the step's "
    "`env`",
    bad="effect = 'read'\nrun = 'ls \"$backup_fil\"'\n[var.backup_file]\n"
    "ask = true\n[[phase.step]]\nid = 't'\ntitle = 'T'\n"
    "effect = 'read'\nrun = 'ls \"$backup_file\"'",
    good="effect = 'read'\nrun = 'ls \"$backup_file\"'\n[var.backup_file]\nask = true",
)

_DEFAULTED = frozenset((":-", "-", ":=", "=", ":+", "+", "!"))
"""Operators of who knows that the name may be unset, or that it is not the name."""
_WANTED = frozenset((":?", "?"))
"""Operators of who wants the name, where it is in capitals, from somebody else."""
_SOURCING = re.compile(r"(?m)(?:^|[;&|({])\s*(?:\.|source|eval)\s")
"""What may set any name."""
_EXPANSION = re.compile(r"\$\{?[#!]?\w+", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WELL_KNOWN_WORDS = """
CI COLORTERM COLUMNS COPROC DISPLAY EDITOR HOSTTYPE INVOCATION_ID KUBECONFIG LINES
MACHTYPE MAIL MAPFILE NO_COLOR NOTIFY_SOCKET OSTYPE PAGER PIPESTATUS REPLY SHLVL
SRANDOM TEMP TMP USERNAME VIRTUAL_ENV VISUAL EPOCHSECONDS EPOCHREALTIME
"""
_WELL_KNOWN = frozenset(_WELL_KNOWN_WORDS.split())
_FAMILY = re.compile(
    r"(?i)(?:AWS|AZURE|GOOGLE|CLOUDSDK|DOCKER|KUBERNETES|VAULT|CONSUL|NOMAD|TF|ANSIBLE"
    r"|PG|MYSQL|REDIS|SSH|SUDO|XDG|CARGO|GO|JAVA|NODE|NPM|MAVEN|GITHUB|GITLAB|JENKINS"
    r"|SYSTEMD|HTTPS?|FTP|NO|ALL)_?[A-Z_]+"
)
"""How the names begin that programs read from the environment, in capitals."""
_NUMBERED = re.compile(r"\d+|s$")
_SHORT = 4
"""Letters: shorter names are near to any."""


def misspelt(look: Look) -> Iterator[Finding]:
    """Each name that is set nowhere, and is near to a known one or has to be set."""
    text = look.script.text
    if _SOURCING.search(text):
        return
    set_here = {each.name for each in assignments(look.script.body)}
    for command in commands(look.script.body):
        if isinstance(command, Loop):
            set_here.add(command.name)
    known = {*look.declared, *look.given, *set_here, "RUNBOOK_OUTPUT"}
    # A name that stands there without `$`, too, is set by `read`, `(( ))` and the like.
    bare = set(_WORD.findall(_EXPANSION.sub(" ", text)))
    for each in _expansions(look.script.body):
        name = each.name
        if name in known or name in bare or name in look.elsewhere:
            continue
        if each.operator in _DEFAULTED or _is_outside(name):
            continue
        meant = _meant(name, known)
        if meant:
            yield Finding(
                code=MISSPELT_VARIABLE.code,
                offset=each.start,
                message=f"nothing sets `{name}`; did you mean `{meant}`?",
            )
        elif each.operator in _WANTED and name.isupper():
            words = f"`${{{name}{each.operator}}}` wants a value that nothing gives"
            yield Finding(code=PLACEHOLDER.code, offset=each.start, message=words)


def _expansions(script: Script) -> Iterator[Expansion]:
    """Every `$name` of a script, those in `$(…)` too."""
    for command in commands(script):
        for word in own_words(command):
            yield from word.expansions
            for inner in word.scripts:
                yield from _expansions(inner)


def _is_outside(name: str) -> bool:
    """Whether a name is one of the environment's, or of the shell's own."""
    if not _WORD.fullmatch(name):
        return True
    if is_ours(name):
        return False
    return is_reserved(name) or name in _WELL_KNOWN or bool(_FAMILY.fullmatch(name))


def _meant(name: str, known: set[str]) -> str:
    """The known name that a name is nearly; empty where there is none."""
    if len(name) < _SHORT:
        return ""
    same = [each for each in sorted(known) if each.lower() == name.lower()]
    if same:
        return same[0]
    others = [each for each in sorted(known) if _stem(each) != _stem(name)]
    return nearest(name, others, cutoff=0.8) or ""


def _stem(name: str) -> str:
    """A name without numbers and plural: `node1` and `nodes` are no slips."""
    return _NUMBERED.sub("", name)
