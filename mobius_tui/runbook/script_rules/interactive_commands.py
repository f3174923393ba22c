"""Commands that prompt or need a terminal, in steps without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from mobius_tui.runbook.script_rules.script_context import ScriptContext, ScriptFinding
from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    Loop,
    ParsedScript,
    Word,
)
from mobius_tui.runbook.shell.script_walk import (
    CommandVisit,
    Program,
    commands,
    split_options,
    visits,
)
from mobius_tui.runbook.toml.problem import LintRule

PROMPT = LintRule(
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
_NEVER_ASKS = {"n", "--non-interactive", "S", "--stdin", "A", "--askpass", "V", "h"}
"""Options with which sudo asks for no password at the terminal."""
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
"""Programs with subcommands that prompt, and options with which they do not."""


def prompting_commands(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find commands that wait for an answer."""
    if context.tty:
        return
    for visit in context.visits:
        program = visit.program
        if program is None:
            continue
        if "sudo" in program.wrappers or program.name == "sudo":
            yield from _sudo(program)
        words = _question(visit, program)
        if words:
            yield _finding(program.word.start, words)
    for command in commands(context.script.body):
        if isinstance(command, Loop) and command.kind == "select":
            yield _finding(command.start, "`select` asks a person")


def _finding(offset: int, words: str) -> ScriptFinding:
    return ScriptFinding(
        code=PROMPT.code, offset=offset, message=f"{words}, and nobody is there"
    )


def _sudo(program: Program) -> Iterator[ScriptFinding]:
    """`sudo`, before a command or alone, as in `sudo -i`."""
    words = (
        program.words_before
        if "sudo" in program.wrappers
        else (program.word, *program.arguments)
    )
    at = [word.text.rpartition("/")[2] for word in words].index("sudo")
    given, _ = split_options(words[at + 1 :], "CDghpRrTUu")
    if not given & _NEVER_ASKS:
        yield _finding(words[at].start, "`sudo` without `-n` may ask for a password")


def _question(visit: CommandVisit, program: Program) -> str | None:
    """What a command prompts for, for a message; None if it does not prompt."""
    name = program.name
    if name == "read":
        given, _ = split_options(program.arguments, _READ_VALUED)
        if "p" in given:
            return "`read -p` asks a person"
        # What a function reads may come from whoever calls it.
        non_interactive = visit.has_input or visit.function or "u" in given
        return None if non_interactive else "`read` waits for a person's input"
    if name == "passwd":
        return "`passwd` asks for a password"
    if name in ("rm", "cp", "mv", "ln"):
        given, _ = split_options(program.arguments)
        asks = given & {"i", "I", "--interactive"}
        return f"`{name} -i` asks before each file" if asks else None
    if name in _ASKING:
        subcommands, silent = _ASKING[name]
        given, rest = split_options(program.arguments)
        long = {word.text.partition("=")[0] for word in program.arguments}
        asked = subcommands & {word.text for word in rest}
        if asked and not (given | long) & silent and not visit.has_input:
            return f"`{name} {sorted(asked)[0]}` asks whether to go on"
    return None


NEEDS_TERMINAL = LintRule(
    code="needs-terminal",
    title="a command that wants a terminal, without `tty`",
    reason="A step has no terminal: the program fails at once, or shows nothing.",
    remedy="`tty = true` with `optional = true`, so that --auto can skip it; or the "
    "program's own way without a person, such as `top -bn1`, `psql -c`, `ssh HOST "
    "COMMAND`, or `kubectl exec` without `-t`",
    bad="effect = 'read'\nrun = 'htop'",
    good="run = 'htop'\ntty = true\noptional = true",
)

_SCREENS_WORDS = """
htop atop btop iotop iftop nmon nmtui glances less more most vi vim nvim view nano
emacs pico mc visudo vipw vigr sudoedit lazydocker k9s mosh byobu dialog whiptail
"""
_FULL_SCREEN = frozenset(_SCREENS_WORDS.split())
_INFO_OPTIONS = frozenset(("V", "--version", "--help"))


class _Client(Struct, frozen=True, kw_only=True):
    """A program that opens an interactive session unless it is given commands."""

    non_interactive: frozenset[str]
    """Options with which it opens none."""
    valued: str
    """Short options that take a value."""
    max_operands: int = 99
    """The most operands with which it still opens a session."""
    problem: str
    """What is missing, for a message."""


def _options(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MYSQL = _Client(
    non_interactive=_options("e --execute V --version ? --help I"),
    valued="DehPSup",
    problem="without -e",
)
_MONGO = _Client(
    non_interactive=_options("--eval --file f --version --help h"),
    valued="upf",
    problem="alone",
)
_CLIENTS: Mapping[str, _Client] = {
    "ssh": _Client(
        non_interactive=_options("N f V Q G O W s"),
        valued="BbcDEeFIiJLlmOoPpQRSWw",
        max_operands=1,
        problem="without a command",
    ),
    "psql": _Client(
        non_interactive=_options("c f l V ? --command --file --list --version --help"),
        valued="cdfFhLoPpRTUv",
        problem="without -c or -f",
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "mongosh": _MONGO,
    "mongo": _MONGO,
    "redis-cli": _Client(
        non_interactive=_options(
            "x v --scan --stat --pipe --eval --bigkeys --memkeys --hotkeys --rdb "
            "--latency --latency-history --latency-dist --intrinsic-latency --cluster "
            "--replica --slave --lru-test --functions-rdb --version --help"
        ),
        valued="hpasunridtX",
        max_operands=0,
        problem="without a command",
    ),
    "sqlite3": _Client(
        non_interactive=_options("--version --help"),
        valued="",
        max_operands=1,
        problem="without SQL",
    ),
    "cqlsh": _Client(
        non_interactive=_options("e f --execute --file --version --help"),
        valued="efupk",
        problem="without -e or -f",
    ),
    "sftp": _Client(
        non_interactive=_options("b"), valued="BbcDFiJloPRSsX", problem="without -b"
    ),
    "su": _Client(
        non_interactive=_options("c --command V --version h --help"),
        valued="cgGsw",
        problem="without -c",
    ),
}
_EXEC_VALUED = "ncflosuewvphma"
"""Short options with a value of `kubectl exec`, `docker run` and the like."""
_LONG_VALUED = _options(
    "--context --namespace --kubeconfig --cluster --user --server --token --container "
    "--host --config --name --env --workdir --volume --network --image --entrypoint"
)
_INTERACTIVE = frozenset(("exec", "run", "attach", "debug"))


def terminal_commands(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find commands that draw on a terminal, or wait for typed input."""
    if context.tty:
        return
    for visit in context.visits:
        program = visit.program
        use = "" if program is None else _terminal_use(visit, program)
        if program is not None and use:
            yield ScriptFinding(
                code=NEEDS_TERMINAL.code,
                offset=program.word.start,
                message=f"`{use}` wants a terminal, and a step has none",
            )


def wants_person(script: ParsedScript) -> bool:
    """Whether a script cannot be run without a terminal and a person at it.

    It has a command that draws on one, or asks a question. That `sudo` may ask for a
    password does not count: where scripts are run, it mostly asks for none.
    """
    all_visits = tuple(visits(script.body))
    if any(terminal_commands(ScriptContext(script=script, visits=all_visits))):
        return True
    return any(
        visit.program is not None and bool(_question(visit, visit.program))
        for visit in all_visits
    )


def _terminal_use(visit: CommandVisit, program: Program) -> str | None:
    """The form in which a command needs a terminal, for a message; None if none."""
    name = program.name
    if name in _FULL_SCREEN:
        given, _ = split_options(program.arguments)
        checks = name == "visudo" and given & {"c", "x", "--check", "--export"}
        return None if checks or given & _INFO_OPTIONS else name
    if name in _CLIENTS and not visit.has_input:
        client = _CLIENTS[name]
        return f"{name} {client.problem}" if _opens_session(program, client) else None
    by_program = _BY_PROGRAM.get(name)
    use = "" if by_program is None else by_program(program)
    return None if use.endswith(("-it", "rsh")) and visit.has_input else use or None


def _opens_session(program: Program, client: _Client) -> bool:
    """Whether a client opens an interactive session."""
    if any(_hides_options(word) for word in program.arguments):
        return False
    given, rest = split_options(program.arguments, client.valued)
    scripts = any(word.text.endswith((".js", ".sql", ".mongodb")) for word in rest)
    return (
        not given & client.non_interactive
        and len(rest) <= client.max_operands
        and not scripts
    )


def _hides_options(word: Word) -> bool:
    """Whether a word may expand to options: `$options`, `"${a[@]}"`."""
    several = "[@]" in word.source or "$@" in word.source
    return several or (
        word.text == EXPANSION_MARK and not all(e.quoted for e in word.expansions)
    )


def _top(program: Program) -> str:
    given, _ = split_options(program.arguments, "dnpuUwso")
    return "" if given & {"b", *_INFO_OPTIONS} else "top"


def _crontab(program: Program) -> str:
    return "crontab -e" if "e" in split_options(program.arguments, "u")[0] else ""


def _systemctl(program: Program) -> str:
    given, rest = split_options(program.arguments, "tpHMnos")
    asks = bool(rest) and rest[0].text == "edit" and "--stdin" not in given
    return "systemctl edit" if asks else ""


def _terminal_multiplexer(program: Program) -> str:
    given, rest = split_options(program.arguments, "SpcehsTt")
    words = [word.text for word in rest]
    if program.name == "tmux":
        return f"tmux {words[0]}" if words[:1] in (["attach"], ["a"]) else ""
    listed = any(word.text in ("-ls", "-list", "-wipe") for word in program.arguments)
    return "" if given & {"d", "D", "X", "Q", "v"} or listed else "screen"


def _edit_subcommand(program: Program) -> str:
    words = [word.text for word in split_options(program.arguments)[1]]
    edits = words[:1] in (["edit"], ["console"])
    return f"{program.name} {words[0]}" if edits else ""


def _container(program: Program) -> str:
    """`kubectl exec -it`, `docker run -it`, `oc rsh`, `kubectl edit`."""
    name, at = program.name, _subcommand(program)
    if at is None:
        return ""
    command = program.arguments[at].text
    after = program.arguments[at + 1 :]
    if command == "edit" and name in ("kubectl", "oc"):
        return f"{name} edit"
    if command == "rsh" and name == "oc":
        more = split_options(after, _EXEC_VALUED)[1][1:]
        return "" if more or any(map(_hides_options, after)) else "oc rsh"
    if command not in _INTERACTIVE:
        return ""
    given = _own_options(after, everywhere=name in ("kubectl", "oc"))
    stdin = given & {"i", "--stdin", "--interactive"}
    return f"{name} {command} -it" if stdin and given & {"t", "--tty"} else ""


def _subcommand(program: Program) -> int | None:
    """The index of the first argument that is neither an option nor its value.

    The group in `docker container exec` is skipped.
    """
    at = 0
    while at < len(program.arguments):
        text = program.arguments[at].text
        if text in _LONG_VALUED or (text[:1] == "-" and text[1:] in {*_EXEC_VALUED}):
            at += 2
        elif text.startswith("-") or text == "container":
            at += 1
        else:
            return at
    return None


def _own_options(words: tuple[Word, ...], *, everywhere: bool) -> set[str]:
    """The options before the command that is run in the container.

    Args:
        words: the arguments after `exec`.
        everywhere: whether options may follow the name, up to a `--`.
    """
    if everywhere:
        texts = [word.text for word in words]
        cut = texts.index("--") if "--" in texts else len(texts)
        return split_options(words[:cut], _EXEC_VALUED)[0]
    found: set[str] = set()
    at = 0
    while at < len(words) and words[at].text.startswith("-"):
        given, _ = split_options(words[at : at + 1])
        found |= given
        text = words[at].text
        valued = text[1:2] != "-" and text[-1] in _EXEC_VALUED
        at += 2 if valued or text in _LONG_VALUED else 1
    return found


_BY_PROGRAM: Mapping[str, Callable[[Program], str]] = {
    "top": _top,
    "crontab": _crontab,
    "systemctl": _systemctl,
    "screen": _terminal_multiplexer,
    "tmux": _terminal_multiplexer,
    "virsh": _edit_subcommand,
    "ansible-vault": _edit_subcommand,
    **dict.fromkeys(("kubectl", "oc", "docker", "podman", "nerdctl"), _container),
}
"""For programs with special arguments: returns the form that needs a terminal."""
