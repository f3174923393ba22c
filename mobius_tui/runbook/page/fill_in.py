"""Replacing the placeholders of a page by variables, safely quoted."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.page.page_drafts import PageDraft, StepDraft
from mobius_tui.runbook.page.script_quoting import QuotingScanner
from mobius_tui.runbook.text.names import is_reserved
from mobius_tui.runbook.text.placeholders import (
    Placeholder,
    placeholders,
    required_variables,
)

_SCRIPT_NAMES = re.compile(
    r"(?:^|[\s;&|(])([A-Za-z_]\w*)=|\bfor[ \t]+([A-Za-z_]\w*)|\$\{?([A-Za-z_]\w*)|"
    r"\bread[ \t]+(?:-\w+[ \t]+)*([A-Za-z_]\w*)"
)
_SHELLS = frozenset({"sh", "bash", "zsh", "ksh", "dash", "ash", "su"})
_EVALUATES_ARGUMENTS = frozenset({"eval", "watch", "parallel"})
_INTERPRETERS = frozenset(
    {"awk", "gawk", "sed", "perl", "ruby", "jq", "yq", "node", "php", "python"}
)
_SHELL_CODE_OPTION = re.compile(r"-\w*c|--command")
_WITH_VALUE = re.compile(r"-[bcDEeFIiJLlmOopQRSWw]")
"""Options of `ssh` whose value is the next word."""
_SEPARATOR = re.compile(r"\\\n|[|;&\n]")
_READS_HERE_DOCUMENT = re.compile(
    r"\b(?:ssh|(?:ba|z|k|da|a)?sh|python[\d.]*|perl|ruby|node|eval|rails)\b[^\n]*<<"
)
"""Programs that run a here-document as code."""
_MAX_VARIABLES = 100
"""Variables of one page: nobody fills in more before a run."""
_MAX_PLACEHOLDERS = 1000
"""Placeholders of one page that are replaced."""
_MAX_COMMAND = 4000
"""Characters of a command that are read before a placeholder in it. Behind more of them
it may be an argument of anything, and is left."""
_EXPLANATIONS = (
    (r"[Rr]eplac\w+[^.\n]{0,20}?", r"\W{1,3}(?:with|by)"),
    ("", r"[ \n]+(?:is|being|stands for|means|refers to)"),
    (r"^[ \t]*(?:[-*][ \t]+)?", r"[ \t]*(?::|–|—|=|-)"),
)
"""Patterns before and after a placeholder where a page explains it."""
_SECRET = re.compile(
    r"pass(?:word|wd|phrase)|secret|token|credential|(?:api|access|private)_?key",
    re.IGNORECASE,
)


class FilledScript(Struct, frozen=True, kw_only=True):
    """A script with variables in it."""

    script: str
    unfilled: tuple[str, ...]
    """Placeholders that could not be replaced safely, and are left as they are."""


def replace_placeholders(draft: PageDraft, page: str) -> None:
    """Replace the placeholders in scripts by variables that are asked for.

    Args:
        draft: the draft, whose scripts and variables are changed.
        page: the text of the page, which may explain placeholders.
    """
    steps = [step for phase in draft.phases for step in phase.steps if step.run]
    script_variables = _names_in_scripts(step.run for step in steps)
    names: dict[str, str] = {}
    places = 0
    for step in steps:
        _ask_for_required(step, draft, script_variables)
        found = placeholders(step.run) if places < _MAX_PLACEHOLDERS else []
        if not found:
            continue
        places += len(found)
        for placeholder in found:
            if placeholder.name not in names and len(names) < _MAX_VARIABLES:
                names[placeholder.name] = _unused_name(
                    placeholder.name, {*script_variables, *draft.names}
                )
                draft.names.add(names[placeholder.name])
        filled = _fill_script(step, found, names)
        mentioned = names_in_script(filled.script)
        for placeholder in found:
            name = names.get(placeholder.name, "")
            if name in mentioned:
                draft.placeholders[placeholder.text] = name
            if name in mentioned and name not in draft.variables:
                draft.variables[name] = _title(placeholder, page)
            if name in draft.variables:
                draft.variables[name] = _with_remark(
                    draft.variables[name], placeholder.remark
                )
        step.run = filled.script
        if filled.unfilled:
            listed = ", ".join(dict.fromkeys(filled.unfilled))
            step.why.append(
                f"Left in the commands, to be filled in before they run: {listed}"
            )
    for step in steps:
        _declare_secrets(step, draft)


def _declare_secrets(step: StepDraft, draft: PageDraft) -> None:
    """Declare the secret variables that a script uses: it gets no others."""
    step.secrets = [
        name
        for name in names_in_script(step.run)
        if name in draft.variables and names_secret(name)
    ]


def names_secret(name: str) -> bool:
    """Whether a variable's name is that of a secret."""
    return _SECRET.search(name) is not None


def _names_in_scripts(scripts: Iterable[str]) -> set[str]:
    """The variable names that the scripts use themselves."""
    found = (
        match.groups() for script in scripts for match in _SCRIPT_NAMES.finditer(script)
    )
    return {name for groups in found for name in groups if name}


def _unused_name(name: str, taken: set[str]) -> str:
    """A variable name that is not in use."""
    base = f"v_{name}" if name[0].isdigit() or is_reserved(name) else name
    found = base
    while found in taken:
        found += "_value" if found == base else "_"
    return found


def _ask_for_required(
    step: StepDraft, draft: PageDraft, script_variables: set[str]
) -> None:
    """Ask for the variables that a script requires, unless a script sets them."""
    if step.shell:
        return
    for name, description in required_variables(step.run).items():
        is_set = re.search(rf"(?:^|[\s;&|(]){name}=", step.run) is not None
        if not is_set and not is_reserved(name) and name not in draft.names:
            draft.variables.setdefault(
                name, _capitalized(description) or _name_as_title(name)
            )
            script_variables.add(name)


def _fill_script(
    step: StepDraft, found: Sequence[Placeholder], names: Mapping[str, str]
) -> FilledScript:
    """The script of a step with its placeholders replaced."""
    if step.shell:
        return FilledScript(
            script=step.run, unfilled=tuple(placeholder.text for placeholder in found)
        )
    quoting = QuotingScanner(step.run)
    begins = _command_begins(step.run, quoting)
    replacements: list[tuple[int, int, str]] = []
    unfilled: list[str] = []
    unquoted_documents: set[int] = set()
    for placeholder in found:
        name = names.get(placeholder.name)
        replacement = (
            None
            if name is None
            else _replacement(
                step.run, placeholder, name, quoting, begins, unquoted_documents
            )
        )
        if replacement is None:
            unfilled.append(placeholder.text)
        elif replacement:
            start, end = placeholder.start, placeholder.end
            if _stands_alone(step.run, placeholder, replacement):
                start, end, replacement = start - 1, end + 1, replacement.strip("'")
            replacements.append((start, end, replacement))
    for document in unquoted_documents:
        start, stop = quoting.documents[document][:2]
        replacements.append((start, stop, step.run[start:stop].strip("'\"\\")))
    parts: list[str] = []
    at = 0
    for start, stop, replacement in sorted(replacements):
        parts += [step.run[at:start], replacement]
        at = stop
    return FilledScript(
        script="".join([*parts, step.run[at:]]), unfilled=tuple(unfilled)
    )


def _replacement(
    script: str,
    placeholder: Placeholder,
    name: str,
    quoting: QuotingScanner,
    begins: Sequence[int],
    unquoted_documents: set[int],
) -> str | None:
    """The replacement of a placeholder; empty or `None` if it stays.

    Empty where it is taken for none: in a comment, or unquoted before a letter or
    digit. `None` where it cannot be replaced safely, and is reported as unfilled.
    """
    kind = quoting.at(placeholder.start)
    if kind == "comment":
        return ""
    if kind in ("here", "literal"):
        return _in_here_document(script, placeholder, name, quoting, unquoted_documents)
    begin = begins[bisect_right(begins, placeholder.start) - 1]
    if placeholder.start - begin > _MAX_COMMAND or _is_foreign_code(
        script[begin : placeholder.start], quoted=kind != "none"
    ):
        return None
    following = script[placeholder.end : placeholder.end + 1]
    is_adjacent = following.isalnum() or following in ("_", "[")
    if kind == "none":
        return "" if following.isalnum() else f'"${name}"'
    if kind == "double":
        return f"${{{name}}}" if is_adjacent else f"${name}"
    if kind == "single":
        return f"'\"${name}\"'"
    return None


def _stands_alone(script: str, placeholder: Placeholder, replacement: str) -> bool:
    """Whether the quotes around a placeholder contain nothing else."""
    around = (
        script[placeholder.start - 1 : placeholder.start]
        + script[placeholder.end : placeholder.end + 1]
    )
    return replacement.startswith("'\"") and around == "''"


def _command_begins(script: str, quoting: QuotingScanner) -> list[int]:
    """The offsets at which commands begin, in order."""
    separators = (
        match.end()
        for match in _SEPARATOR.finditer(script)
        if len(match[0]) == 1 and quoting.at(match.start()) == "none"
    )
    return [0, *separators]


def _is_foreign_code(command: str, *, quoted: bool) -> bool:
    """Whether the next argument is code for another shell or program."""
    words = command.replace("\\\n", " ").split()
    in_shell = False
    for at, word in enumerate(words):
        name = word.strip("\"'`$()").rsplit("/", 1)[-1]
        if name == "ssh" and _is_remote_command(words[at + 1 :], command):
            return True
        if name in _EVALUATES_ARGUMENTS or (
            in_shell and _SHELL_CODE_OPTION.fullmatch(word)
        ):
            return True
        if quoted and name.rstrip("0123456789.") in _INTERPRETERS:
            return True
        in_shell |= name in _SHELLS
    return False


def _is_remote_command(words: Sequence[str], command: str) -> bool:
    """Whether the next argument follows the host of `ssh`."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if _WITH_VALUE.fullmatch(words[at]) is not None else 1
    if at >= len(words):
        return False
    return at < len(words) - 1 or command[-1:].isspace()


def _in_here_document(
    script: str,
    placeholder: Placeholder,
    name: str,
    quoting: QuotingScanner,
    unquoted_documents: set[int],
) -> str | None:
    """The replacement of a placeholder in a here-document; `None` if it must stay.

    In one whose end word is quoted, nothing is expanded: the quotes are removed if the
    text has no other character that the shell would interpret.
    """
    for at, (_, stop, begin, end) in enumerate(quoting.documents):
        if begin <= placeholder.start < end:
            head = script[script.rfind("\n", 0, stop) + 1 : stop]
            if _READS_HERE_DOCUMENT.search(head) is not None:
                return None
            is_literal = quoting.at(placeholder.start) == "literal"
            if is_literal and re.search(r"[$`\\]", script[begin:end]) is not None:
                return None
            if is_literal:
                unquoted_documents.add(at)
            return f"${{{name}}}"
    return None


def _title(placeholder: Placeholder, page: str) -> str:
    """The title for a placeholder: its explanation on the page, or its name."""
    text = re.escape(placeholder.text)
    at = page.find(placeholder.text)
    for _ in range(6):
        if at < 0:
            break
        begin = page.rfind("\n", max(0, at - 80), at) + 1 or max(0, at - 80)
        for before, after in _EXPLANATIONS:
            pattern = rf"{before}{text}{after}[ \t\n]+([^.;\n]{{3,90}})"
            match = re.search(pattern, page[begin : at + 250], re.MULTILINE)
            if match is not None:
                return _capitalized(match[1].strip(" `*_:"))
        at = page.find(placeholder.text, at + 1)
    return _capitalized(placeholder.remark) or _name_as_title(placeholder.name)


def _with_remark(title: str, more: str) -> str:
    """A title with the remark in a placeholder, unless it has it already."""
    return title if more.lower() in title.lower() else f"{title} ({more})"


def _name_as_title(name: str) -> str:
    """`Pod name` of `pod_name`."""
    words = " ".join(name.replace("_", " ").split())
    return _capitalized(words.lower() if words.isupper() else words)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
