"""Variables in place of what a page leaves to be filled in, safely quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mobius_tui.runbook.model.templates import script_names
from mobius_tui.runbook.page.page_drafts import PageDraft, StepDraft
from mobius_tui.runbook.page.script_quoting import QuotingScanner
from mobius_tui.runbook.text.names import is_reserved
from mobius_tui.runbook.text.placeholders import Placeholder, must_be_set, placeholders

_OWN = re.compile(
    r"(?:^|[\s;&|(])([A-Za-z_]\w*)=|\bfor[ \t]+([A-Za-z_]\w*)|\$\{?([A-Za-z_]\w*)|"
    r"\bread[ \t]+(?:-\w+[ \t]+)*([A-Za-z_]\w*)"
)
_SHELLS = frozenset({"sh", "bash", "zsh", "ksh", "dash", "ash", "su"})
_RUNS_WORDS = frozenset({"eval", "watch", "parallel"})
_PROGRAMS = frozenset(
    {"awk", "gawk", "sed", "perl", "ruby", "jq", "yq", "node", "php", "python"}
)
_IN_SHELL = re.compile(r"-\w*c|--command")
_WITH_VALUE = re.compile(r"-[bcDEeFIiJLlmOopQRSWw]")
"""Options of `ssh` whose value is the next word."""
_SEPARATOR = re.compile(r"\\\n|[|;&\n]")
_FED = re.compile(
    r"\b(?:ssh|(?:ba|z|k|da|a)?sh|python[\d.]*|perl|ruby|node|eval|rails)\b[^\n]*<<"
)
"""What takes a here-document for a program."""
_MOST_ASKED = 100
"""Variables of one page; a page with more is filled in by no one before a run."""
_MOST_PLACES = 1000
"""Placeholders of one page that are looked at."""
_SPOKEN = (
    (r"[Rr]eplac\w+[^.\n]{0,20}?", r"\W{1,3}(?:with|by)"),
    ("", r"[ \n]+(?:is|being|stands for|means|refers to)"),
    (r"^[ \t]*(?:[-*][ \t]+)?", r"[ \t]*(?::|–|—|=|-)"),
)
"""What stands before and behind a placeholder where a page says what it is."""
_SECRET = re.compile(
    r"pass(?:word|wd|phrase)|secret|token|credential|(?:api|access|private)_?key",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """A script with variables in it."""

    script: str
    left: tuple[str, ...]
    """What could not be put in safely, and stands as it stood."""


def fill_in(draft: PageDraft, page: str) -> None:
    """Let what is to be filled in be asked for, and put into the scripts.

    Args:
        draft: what the page became.
        page: the words of the page, for what it says of each.
    """
    steps = [step for phase in draft.phases for step in phase.steps if step.run]
    own = _own_names(step.run for step in steps)
    names: dict[str, str] = {}
    places = 0
    for step in steps:
        _must_be_set(step, draft, own)
        found = placeholders(step.run) if places < _MOST_PLACES else []
        if not found:
            continue
        places += len(found)
        for each in found:
            if each.name not in names and len(names) < _MOST_ASKED:
                names[each.name] = _free(each.name, {*own, *draft.names})
                draft.names.add(names[each.name])
        filled = _filled(step, found, names)
        mentioned = script_names(filled.script)
        for each in found:
            name = names.get(each.name, "")
            if name in mentioned and name not in draft.variables:
                draft.variables[name] = _title(each, page)
            if name in draft.variables:
                draft.variables[name] = _with(draft.variables[name], each.more)
        step.run = filled.script
        if filled.left:
            listed = ", ".join(dict.fromkeys(filled.left))
            step.why.append(
                f"Left in the commands, to be filled in before they run: {listed}"
            )
    for step in steps:
        _hand_over_secrets(step, draft)


def _hand_over_secrets(step: StepDraft, draft: PageDraft) -> None:
    """Name the secrets that a script mentions: no other way leads to it."""
    step.secrets = [
        name
        for name in script_names(step.run)
        if name in draft.variables and _SECRET.search(name) is not None
    ]


def _own_names(scripts: Iterable[str]) -> set[str]:
    """The names that the scripts use themselves."""
    found = (match.groups() for script in scripts for match in _OWN.finditer(script))
    return {name for groups in found for name in groups if name}


def _free(name: str, taken: set[str]) -> str:
    """A name that nothing else uses."""
    base = f"v_{name}" if name[0].isdigit() or is_reserved(name) else name
    found = base
    while found in taken:
        found += "_value" if found == base else "_"
    return found


def _must_be_set(step: StepDraft, draft: PageDraft, own: set[str]) -> None:
    """What a script stops without is asked for, unless a script sets it."""
    if step.shell:
        return
    for name, said in must_be_set(step.run).items():
        is_set = re.search(rf"(?:^|[\s;&|(]){name}=", step.run) is not None
        if not is_set and not is_reserved(name) and name not in draft.names:
            draft.variables.setdefault(name, _capital(said) or _humane(name))
            own.add(name)


def _filled(
    step: StepDraft, found: Sequence[Placeholder], names: Mapping[str, str]
) -> Filled:
    """The script of a step with variables in it."""
    if step.shell:
        return Filled(script=step.run, left=tuple(each.text for each in found))
    quoting = QuotingScanner(step.run)
    puts: list[tuple[int, int, str]] = []
    left: list[str] = []
    bare: set[int] = set()
    for each in found:
        name = names.get(each.name)
        put = None if name is None else _put(step.run, each, name, quoting, bare)
        if put is None:
            left.append(each.text)
        elif put:
            start, end = each.start, each.end
            if _stands_alone(step.run, each, put):
                start, end, put = start - 1, end + 1, put.strip("'")
            puts.append((start, end, put))
    for document in bare:
        start, stop = quoting.documents[document][:2]
        puts.append((start, stop, step.run[start:stop].strip("'\"\\")))
    parts: list[str] = []
    at = 0
    for start, stop, put in sorted(puts):
        parts += [step.run[at:start], put]
        at = stop
    return Filled(script="".join([*parts, step.run[at:]]), left=tuple(left))


def _put(
    script: str,
    each: Placeholder,
    name: str,
    quoting: QuotingScanner,
    bare: set[int],
) -> str | None:
    """What stands for a placeholder; empty in a comment, `None` where it must stay."""
    kind = quoting.at(each.start)
    if kind == "comment":
        return ""
    if kind in ("here", "literal"):
        return _in_document(script, each, name, quoting, bare)
    if _is_for_other(_command_before(script, each, quoting), quoted=kind != "none"):
        return None
    following = script[each.end : each.end + 1]
    glued = following.isalnum() or following in ("_", "[")
    if kind == "none":
        return "" if following.isalnum() else f'"${name}"'
    if kind == "double":
        return f"${{{name}}}" if glued else f"${name}"
    if kind == "single":
        return f"'\"${name}\"'"
    return None


def _stands_alone(script: str, each: Placeholder, put: str) -> bool:
    """Whether a placeholder is all that its quotes hold."""
    around = script[each.start - 1 : each.start] + script[each.end : each.end + 1]
    return put.startswith("'\"") and around == "''"


def _command_before(script: str, each: Placeholder, quoting: QuotingScanner) -> str:
    """What stands of a command before a placeholder in it."""
    begin = 0
    for match in _SEPARATOR.finditer(script, 0, each.start):
        if len(match[0]) == 1 and quoting.at(match.start()) == "none":
            begin = match.end()
    return script[begin : each.start]


def _is_for_other(command: str, *, quoted: bool) -> bool:
    """Whether what comes next is read by another shell or program, as its code."""
    words = command.replace("\\\n", " ").split()
    in_shell = False
    for at, word in enumerate(words):
        name = word.strip("\"'`$()").rsplit("/", 1)[-1]
        if name == "ssh" and _is_past_host(words[at + 1 :], command):
            return True
        if name in _RUNS_WORDS or (in_shell and _IN_SHELL.fullmatch(word)):
            return True
        if quoted and name.rstrip("0123456789.") in _PROGRAMS:
            return True
        in_shell |= name in _SHELLS
    return False


def _is_past_host(words: Sequence[str], command: str) -> bool:
    """Whether what comes next stands behind the host that `ssh` goes to."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if _WITH_VALUE.fullmatch(words[at]) is not None else 1
    if at >= len(words):
        return False
    return at < len(words) - 1 or command[-1:].isspace()


def _in_document(
    script: str,
    each: Placeholder,
    name: str,
    quoting: QuotingScanner,
    bare: set[int],
) -> str | None:
    """What stands for a placeholder in a here-document.

    One whose end word is quoted takes no variables; its quotes are taken away where
    nothing in it means anything to the shell.
    """
    for at, (_, stop, begin, end) in enumerate(quoting.documents):
        if begin <= each.start < end:
            head = script[script.rfind("\n", 0, stop) + 1 : stop]
            if _FED.search(head) is not None:
                return None
            is_literal = quoting.at(each.start) == "literal"
            if is_literal and re.search(r"[$`\\]", script[begin:end]) is not None:
                return None
            if is_literal:
                bare.add(at)
            return f"${{{name}}}"
    return None


def _title(each: Placeholder, page: str) -> str:
    """How the page speaks of a placeholder."""
    text = re.escape(each.text)
    at = page.find(each.text)
    for _ in range(6):
        if at < 0:
            break
        begin = page.rfind("\n", max(0, at - 80), at) + 1 or max(0, at - 80)
        for before, after in _SPOKEN:
            pattern = rf"{before}{text}{after}[ \t\n]+([^.;\n]{{3,90}})"
            match = re.search(pattern, page[begin : at + 250], re.MULTILINE)
            if match is not None:
                return _capital(match[1].strip(" `*_:"))
        at = page.find(each.text, at + 1)
    return _capital(each.more) or _humane(each.name)


def _with(title: str, more: str) -> str:
    """A title with what a placeholder says beside its name."""
    return title if more.lower() in title.lower() else f"{title} ({more})"


def _humane(name: str) -> str:
    """`Pod name` of `pod_name`."""
    words = " ".join(name.replace("_", " ").split())
    return _capital(words.lower() if words.isupper() else words)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
