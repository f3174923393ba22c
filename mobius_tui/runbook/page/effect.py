"""What the commands of a page do to the world, as far as their words tell.

It is a guess, and errs to the safe side: what is not plainly known to read is taken for
a change, which is asked about first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mobius_tui.runbook.model_action import Effect

_ONLY_READ = """
[ [[ basename cat cd cksum cmp cut df diff dig dirname du echo egrep export
false fgrep file free getent grep groups head id iostat jq lsof ls md5sum
mpstat netstat nl nproc nslookup pgrep pidof ping printenv printf ps pwd
readlink realpath sha1sum sha256sum sha512sum sleep stat tac tail test top htop
tr traceroute true type uname uptime vmstat w wait wc which who whoami
"""
_READERS: Mapping[str, str] = {
    **dict.fromkeys(_ONLY_READ.split(), ""),
    "curl": r"-[a-zA-Z]*[XdFToOK]|--(request|data|form|upload|output|remote|json|conf)",
    "date": r"-s|--set",
    "dmesg": r"-[cCDEn]|--(clear|read-clear|console)",
    "find": r"-(delete|exec|ok|fprint|fls)",
    "journalctl": r"--(vacuum|rotate|flush|sync|relinquish|update|setup)",
    "sort": r"-[a-zA-Z]*o|--output",
    "ss": r"-[a-zA-Z]*K|--kill",
    "uniq": r"[^-]",
}
"""Programs that only read, each with the words after it with which it does more."""
_SUBCOMMANDS: Mapping[str, str] = {
    "docker": r"(compose (-f \S+ )?)?(ps|logs|inspect|images|stats|version|info|top)",
    "git": r"(status|log|diff|show|rev-parse|describe|blame|ls-files)",
    "helm": r"(list|ls|status|history|get)",
    "kubectl": r"(get|describe|logs|top|version|cluster-info|rollout (status|history))",
    "npm": r"(ls|list|outdated|view)",
    "systemctl": r"(status|is-active|is-enabled|is-failed|list-units|show|cat)",
}
"""Programs that read with these words right after them."""
_WHERE = r"(?:(?:-n|-C|-f|--namespace|--context|--kube-context)[ =]\S+ )*"
"""What may stand between a program and these: it says where, not what."""
_BEFORE = "do then else elif if while until ! sudo time done fi {"
_KEYWORDS = frozenset(_BEFORE.split())
"""What may stand before a command, or alone in its place."""
_SPLIT = re.compile(r"[;&|\n()`]|\$\(")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*)")
_HARMLESS = re.compile(r"\d?>&\d|&?\d?>{1,2}[ \t]*/dev/null|-o[ \t]*/dev/null")
_QUOTED = re.compile(r"\\[\s\S]|'[^']*+(?:'|\Z)|\"(?:[^\"\\]|\\[\s\S])*+(?:\"|\Z)")
_WITHIN = re.compile(r"\$\(([^()]*)\)|`([^`]*)`")
_LOOP = re.compile(r"for[ \t]+\w+[ \t]+in\b")

_PLAIN = 64 * 1024
"""Characters; what a longer script does is plain to nobody."""

_DESTROY = (
    r"rm|rmdir|shred|dd|mkfs|wipefs|wipe|dropdb|drop|truncate|delete|destroy|purge|"
    r"restore|rollback|roll[ \t]?back|undo|revert|downgrade|uninstall|kill|pkill|"
    r"killall|prune|flushall|flushdb|fdisk"
)
_DESTROYS = re.compile(
    rf"(?<![A-Za-z])(?:{_DESTROY}|reset[ \t]+--hard)(?![A-Za-z])", re.IGNORECASE
)
_SAYS_SO = re.compile(rf"\W*(?:{_DESTROY}|remove)(?![A-Za-z])", re.IGNORECASE)


def effect_of(script: str, *titles: str) -> Effect:
    """What a script does: `read` only where that is plain.

    Args:
        script: the commands.
        titles: what its author calls it; one that begins with a word such as
            "Restore" says that it destroys, whatever the commands are.
    """
    lines = script.replace("\\\n", " ").split("\n")
    code = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    if len(code) > _PLAIN:
        return "destroy"
    if _only_reads(code):
        return "read"
    if _DESTROYS.search(code) or any(map(_SAYS_SO.match, titles)):
        return "destroy"
    return "change"


def _only_reads(code: str) -> bool:
    commands: list[str] = []

    def aside(quoted: re.Match[str]) -> str:
        """A quoted word stands for itself; commands that fill it in count."""
        if quoted[0][0] == '"':
            commands.extend(filter(None, sum(_WITHIN.findall(quoted[0]), ())))
        return "quoted"

    code = _HARMLESS.sub(" ", _QUOTED.sub(aside, code))
    if any(mark in each for each in (code, *commands) for mark in (">", "<<")):
        return False
    return all(map(_reads, (*_SPLIT.split(code), *commands)))


def _reads(command: str) -> bool:
    """Whether one command, without what it is joined to, only reads."""
    words = command.strip().split()
    while words and (words[0] in _KEYWORDS or _ASSIGNED.fullmatch(words[0])):
        del words[0]
    if not words or _LOOP.match(" ".join(words[:3])) is not None:
        return True
    program, rest = words[0], words[1:]
    if program in _SUBCOMMANDS:
        pattern = rf"{_WHERE}{_SUBCOMMANDS[program]}(?![\w-])"
        return re.match(pattern, " ".join(rest)) is not None
    if program not in _READERS:
        return False
    more = _READERS[program]
    return not more or not any(re.match(more, word) for word in rest)
