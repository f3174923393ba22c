"""Commands that ask, where nobody answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mobius_tui.runbook.doubts.look import Finding, Look
from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.shell.model import Loop
from mobius_tui.runbook.shell.program import Program, options
from mobius_tui.runbook.shell.walk import Visit, commands

PROMPT = Rule(
    code="prompt",
    title="a command that asks a question: `read -p`, `sudo` without `-n`",
    reason="A step's input is empty: the question is never answered, and nobody "
    "sees it.",
    remedy="ask in the runbook: `ask = true` on a variable, or a `manual` step with "
    "`ask`; give sudo `-n`, and other programs their `-y`; or `tty = true`",
    bad="effect = 'read'\n"
    "run = '''\nread -r -p 'Go on? ' answer\necho \"$answer\"\n'''",
    good="manual = 'Is the other site healthy?'\n"
    "ask = { var = 'answer', title = 'Is it?' }\n"
    "[[phase.step]]\nid = 'record'\ntitle = 'Record'\neffect = 'read'\n"
    "run = 'echo \"$answer\"'",
)

_READ_VALUED = "adinNptu"
_SILENT = {"n", "--non-interactive", "S", "--stdin", "A", "--askpass", "V", "h"}
"""With these, sudo asks nobody at the terminal."""
_YES = {"y", "--yes", "--assume-yes", "--assumeyes", "q", "--quiet"}
_ASKING: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    **dict.fromkeys(
        ("apt", "apt-get", "yum", "dnf", "zypper"),
        (
            frozenset(
                ("install", "remove", "purge", "upgrade", "dist-upgrade", "erase")
            ),
            frozenset(_YES | {"s", "--dry-run", "--non-interactive", "n"}),
        ),
    ),
    "terraform": (frozenset(("apply", "destroy")), frozenset(("-auto-approve",))),
    "docker": (frozenset(("prune",)), frozenset(("f", "--force"))),
}
"""Programs whose subcommands ask, and the options with which they do not."""


def prompts(look: Look) -> Iterator[Finding]:
    """What waits for an answer."""
    if look.tty:
        return
    for visit in look.visits:
        run = visit.program
        if run is None:
            continue
        if "sudo" in run.wrappers or run.name == "sudo":
            yield from _sudo(run)
        words = _question(visit, run)
        if words:
            yield _finding(run.word.start, words)
    for command in commands(look.script.body):
        if isinstance(command, Loop) and command.kind == "select":
            yield _finding(command.start, "`select` asks a person")


def _finding(offset: int, words: str) -> Finding:
    return Finding(
        code=PROMPT.code, offset=offset, message=f"{words}, and nobody is there"
    )


def _sudo(run: Program) -> Iterator[Finding]:
    """`sudo`, before a command or alone, as in `sudo -i`."""
    words = run.wrapping if "sudo" in run.wrappers else (run.word, *run.arguments)
    at = [word.text.rpartition("/")[2] for word in words].index("sudo")
    given, _ = options(words[at + 1 :], "CDghpRrTUu")
    if not given & _SILENT:
        yield _finding(words[at].start, "`sudo` without `-n` may ask for a password")


def _question(visit: Visit, run: Program) -> str:
    """What a command asks; empty where it asks nothing."""
    name = run.name
    if name == "read":
        given, _ = options(run.arguments, _READ_VALUED)
        if "p" in given:
            return "`read -p` asks a person"
        # What a function reads may come from whoever calls it.
        told = visit.fed or visit.function or "u" in given
        return "" if told else "`read` waits for a person's input"
    if name == "passwd":
        return "`passwd` asks for a password"
    if name in ("rm", "cp", "mv", "ln"):
        given, _ = options(run.arguments)
        asks = given & {"i", "I", "--interactive"}
        return f"`{name} -i` asks before each file" if asks else ""
    if name in _ASKING:
        subcommands, silent = _ASKING[name]
        given, rest = options(run.arguments)
        long = {word.text.partition("=")[0] for word in run.arguments}
        asked = subcommands & {word.text for word in rest}
        if asked and not (given | long) & silent and not visit.fed:
            return f"`{name} {sorted(asked)[0]}` asks whether to go on"
    return ""
