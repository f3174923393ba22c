"""The page of `man mobius-tui`, made of the parser of the command line.

It names neither a day nor a version: it is made anew where the command line changes,
and for nothing else.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

PAGE = "mobius-tui.1"
"""The name of the page's file."""
_ROFF = {
    "\\": r"\e",
    "-": r"\-",
    "'": r"\(aq",
    "`": r"\(ga",
    "^": r"\(ha",
    "~": r"\(ti",
}
"""What roff would take for something else, or draw otherwise."""
_FILES = """\
`mobius-tui paths` prints where runs, runbooks and the settings are kept.
"""
_COMPLETIONS = """\
`mobius-tui completions --install` lets your shell complete commands, options, and the
names of runbooks and runs.
"""


def escape(text: str) -> str:
    """A text as roff shows it, whatever it has in it; its lines stay lines."""
    written = "".join(_ROFF.get(each, each) for each in text)
    written = re.sub(
        r"[^\x00-\x7f]", lambda found: f"\\[u{ord(found[0]):04X}]", written
    )
    return re.sub(r"^\.", r"\\&.", written, flags=re.MULTILINE)


def man_page(parser: argparse.ArgumentParser) -> str:
    """The page of a program, with all of its commands.

    Args:
        parser: that of the program, with subparsers for its commands.
    """
    lines = [
        r".\" Made by `python -m tests.completions`.",
        f'.TH {escape(parser.prog.upper())} 1 "" {escape(parser.prog)} "User Commands"',
        ".SH NAME",
        rf"{escape(parser.prog)} \- {escape(_as_part(parser.description or ''))}",
        ".SH SYNOPSIS",
        f"{bold(parser.prog)} [{_italic('COMMAND')} ...]",
        ".SH DESCRIPTION",
        escape(parser.description or ""),
        *laid_out(parser.epilog or ""),
        ".SH OPTIONS",
        *_arguments(parser),
        ".SH COMMANDS",
    ]
    for command in _commands(parser):
        lines += [f".SS {escape(command.prog.removeprefix(parser.prog).strip())}"]
        lines += [_usage(command), ".PP", escape(command.description or "")]
        lines += [*_arguments(command), *laid_out(command.epilog or "")]
    lines += [".SH FILES", escape(_FILES.strip())]
    lines += [".SH COMPLETIONS", escape(_COMPLETIONS.strip())]
    return "\n".join(lines) + "\n"


def _as_part(sentence: str) -> str:
    """A sentence as a part of another: in lower case, without its full stop."""
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def laid_out(text: str) -> list[str]:
    """Lines that stay as they are laid out, such as a table."""
    return [".PP", ".nf", escape(text.rstrip("\n")), ".fi"] if text else []


def _usage(parser: argparse.ArgumentParser) -> str:
    """The line that shows how a command is written."""
    parts = [bold(parser.prog)]
    if any(each.option_strings and each.dest != "help" for each in parser._actions):
        parts.append(f"[{_italic('OPTION')} ...]")
    for action in parser._actions:
        if action.option_strings and action.required:
            parts.append(f"{bold(action.option_strings[0])} {_italic(_value(action))}")
        if not action.option_strings:
            name = _italic(_value(action))
            some = {"?": f"[{name}]", "*": f"[{name} ...]"}
            parts.append(some.get(str(action.nargs), name))
    return " ".join(parts)


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What each argument and option is for."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        value = _italic(_value(action)) if action.nargs != 0 else ""
        value = f"[{value}]" if action.option_strings and action.nargs == "?" else value
        names = ", ".join(bold(name) for name in action.option_strings)
        yield ".TP"
        yield f"{names} {value}".strip()
        yield escape((action.help or "") % {"prog": parser.prog})


def _value(action: argparse.Action) -> str:
    """The name of an argument's value, or all that it may be."""
    if action.metavar is None and action.choices is not None:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest)


def bold(text: str) -> str:
    """A text in bold."""
    return rf"\fB{escape(text)}\fR"


def _italic(text: str) -> str:
    return rf"\fI{escape(text)}\fR"
