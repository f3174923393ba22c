"""Which blocks of code are commands for a shell, and what of them is to be run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mobius_tui.runbook.page.blocks import Fence

_SHELLS = frozenset({"bash", "sh", "shell", "zsh", "ksh", "dash"})
_SESSION_NAMES = """
console terminal session shell-session shellsession sh-session bash-session
shellconsole
"""
_SESSIONS = frozenset(_SESSION_NAMES.split())
"""What people call a block that shows a terminal: prompts, commands and output."""
_LANGUAGE = re.compile(r"\{?[ \t]*\.?([A-Za-z][A-Za-z0-9_+-]*)")
_PROMPT = re.compile(
    r"(?:\[?[\w.-]{1,64}@[\w.-]{1,64}[^$#%\n]{0,128})?[$%][ \t]+(\S.*)", re.DOTALL
)
_ROOT = re.compile(r"(?:\[?root@[\w.-]{1,64}[^$#%\n]{0,128})?#[ \t]+([a-z./].*)")
_COMMENT = re.compile(r"#+(?!!)[ \t]*(.*)")
_COMMAND_NAMES = """
ansible apt apt-get aws az bash cat cd chmod chown cp crontab curl docker
docker-compose du df echo env export find for gcloud git grep gunzip helm if ip
iptables journalctl kill killall kubectl ls make mkdir mv mysql nginx node npm npx
ping pip pkill ps psql python python3 redis-cli rm rsync scp sed service sh sleep
source ssh sudo supervisorctl systemctl tail tar terraform touch unzip wget while
yarn
"""
_COMMANDS = frozenset(_COMMAND_NAMES.split())
"""By these a block that names no language is taken for commands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Commands:
    """What a block wants to be run."""

    script: str
    output: str
    """What the page shows that the commands print; empty if nothing."""
    titles: tuple[str, ...]
    """Its comments: what its author calls the parts of it."""


def language(info: str) -> str:
    """The language that a fence names: `bash` for `{.bash .numberLines}`."""
    match = _LANGUAGE.match(info)
    return match[1].lower() if match is not None else ""


def commands(fence: Fence) -> Commands | None:
    """The commands of a block; `None` where it holds something else."""
    named = language(fence.info)
    lines = fence.text.strip("\n").rstrip().split("\n")
    if named in _SESSIONS or ((not named or named in _SHELLS) and _has_prompt(lines)):
        lines, output = _session(lines, root=named in _SESSIONS)
    elif named in _SHELLS or (not named and _looks_like_commands(lines)):
        output = ""
    else:
        return None
    titles = [match[1].strip() for each in lines if (match := _COMMENT.match(each))]
    if not any(each.strip() and not each.lstrip().startswith("#") for each in lines):
        return None
    return Commands(
        script="\n".join(each.rstrip("\r") for each in lines) + "\n",
        output=output,
        titles=tuple(title for title in titles if title),
    )


def _first(lines: list[str]) -> str:
    """The first line that is no comment."""
    bare = (line.strip() for line in lines)
    return next((line for line in bare if line and line[0] != "#"), "")


def _has_prompt(lines: list[str]) -> bool:
    """Whether a block begins with a prompt, whatever it says that it is."""
    first = _first(lines)
    return not first.startswith("%") and _PROMPT.fullmatch(first) is not None


def _looks_like_commands(lines: list[str]) -> bool:
    words = _first(lines).split(maxsplit=1)
    return bool(words) and (words[0] in _COMMANDS or words[0].startswith(("./", "/")))


def _session(lines: list[str], *, root: bool) -> tuple[list[str], str]:
    """What was typed in a session, and what was printed.

    A session without any prompt is all typed.

    Args:
        lines: its lines.
        root: whether a `#` may be the prompt of the superuser.
    """
    prompts = [_PROMPT] if any(_PROMPT.fullmatch(each) for each in lines) else []
    if root and not prompts:
        prompts = [_ROOT] if any(_ROOT.fullmatch(each) for each in lines) else []
    if not prompts:
        return lines, ""
    typed: list[str] = []
    printed: list[str] = []
    goes_on = False
    for line in lines:
        match = prompts[0].fullmatch(line)
        if match is not None:
            typed.append(match[1])
        elif goes_on and typed[-1].endswith("\\"):
            typed.append(line.removeprefix("> "))
        elif goes_on and line.startswith("> "):
            typed.append(line[2:])
        elif line.startswith("#") or not line.strip():
            (printed if printed and line.strip() else typed).append(line)
            continue
        else:
            printed.append(line)
            goes_on = False
            continue
        goes_on = True
    return typed, "\n".join(printed).strip("\n")
