"""Commands that prompt, or that need a terminal, where nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mobius_tui.runbook.script_rules.lint_rule import LintRule
from mobius_tui.runbook.script_rules.script_context import ScriptContext, ScriptFinding
from mobius_tui.runbook.shell.command_program import Program, split_options
from mobius_tui.runbook.shell.script_model import HOLE, Loop, Word
from mobius_tui.runbook.shell.script_walk import CommandVisit, commands

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


def prompting_commands(context: ScriptContext) -> Iterator[ScriptFinding]:
    """What waits for an answer."""
    if context.tty:
        return
    for visit in context.visits:
        run = visit.program
        if run is None:
            continue
        if "sudo" in run.wrappers or run.name == "sudo":
            yield from _sudo(run)
        words = _question(visit, run)
        if words:
            yield _finding(run.word.start, words)
    for command in commands(context.script.body):
        if isinstance(command, Loop) and command.kind == "select":
            yield _finding(command.start, "`select` asks a person")


def _finding(offset: int, words: str) -> ScriptFinding:
    return ScriptFinding(
        code=PROMPT.code, offset=offset, message=f"{words}, and nobody is there"
    )


def _sudo(run: Program) -> Iterator[ScriptFinding]:
    """`sudo`, before a command or alone, as in `sudo -i`."""
    words = run.wrapping if "sudo" in run.wrappers else (run.word, *run.arguments)
    at = [word.text.rpartition("/")[2] for word in words].index("sudo")
    given, _ = split_options(words[at + 1 :], "CDghpRrTUu")
    if not given & _SILENT:
        yield _finding(words[at].start, "`sudo` without `-n` may ask for a password")


def _question(visit: CommandVisit, run: Program) -> str:
    """What a command asks; empty where it asks nothing."""
    name = run.name
    if name == "read":
        given, _ = split_options(run.arguments, _READ_VALUED)
        if "p" in given:
            return "`read -p` asks a person"
        # What a function reads may come from whoever calls it.
        told = visit.fed or visit.function or "u" in given
        return "" if told else "`read` waits for a person's input"
    if name == "passwd":
        return "`passwd` asks for a password"
    if name in ("rm", "cp", "mv", "ln"):
        given, _ = split_options(run.arguments)
        asks = given & {"i", "I", "--interactive"}
        return f"`{name} -i` asks before each file" if asks else ""
    if name in _ASKING:
        subcommands, silent = _ASKING[name]
        given, rest = split_options(run.arguments)
        long = {word.text.partition("=")[0] for word in run.arguments}
        asked = subcommands & {word.text for word in rest}
        if asked and not (given | long) & silent and not visit.fed:
            return f"`{name} {sorted(asked)[0]}` asks whether to go on"
    return ""


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
_SCREENS = frozenset(_SCREENS_WORDS.split())
_TOLD = frozenset(("V", "--version", "--help"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Client:
    """A program that opens a session for a person unless it is told what to do."""

    told: frozenset[str]
    """Options that tell it."""
    valued: str
    """Short options that take a value."""
    words: int = 99
    """With more words than these it is told, too."""
    without: str
    """What it lacks, for a message."""


def _told(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MYSQL = _Client(
    told=_told("e --execute V --version ? --help I"),
    valued="DehPSup",
    without="without -e",
)
_MONGO = _Client(
    told=_told("--eval --file f --version --help h"), valued="upf", without="alone"
)
_CLIENTS: Mapping[str, _Client] = {
    "ssh": _Client(
        told=_told("N f V Q G O W s"),
        valued="BbcDEeFIiJLlmOoPpQRSWw",
        words=1,
        without="without a command",
    ),
    "psql": _Client(
        told=_told("c f l V ? --command --file --list --version --help"),
        valued="cdfFhLoPpRTUv",
        without="without -c or -f",
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "mongosh": _MONGO,
    "mongo": _MONGO,
    "redis-cli": _Client(
        told=_told(
            "x v --scan --stat --pipe --eval --bigkeys --memkeys --hotkeys --rdb "
            "--latency --latency-history --latency-dist --intrinsic-latency --cluster "
            "--replica --slave --lru-test --functions-rdb --version --help"
        ),
        valued="hpasunridtX",
        words=0,
        without="without a command",
    ),
    "sqlite3": _Client(
        told=_told("--version --help"), valued="", words=1, without="without SQL"
    ),
    "cqlsh": _Client(
        told=_told("e f --execute --file --version --help"),
        valued="efupk",
        without="without -e or -f",
    ),
    "sftp": _Client(told=_told("b"), valued="BbcDFiJloPRSsX", without="without -b"),
    "su": _Client(
        told=_told("c --command V --version h --help"),
        valued="cgGsw",
        without="without -c",
    ),
}
_EXEC_VALUED = "ncflosuewvphma"
"""Short options with a value of `kubectl exec`, `docker run` and their kind."""
_LONG_VALUED = _told(
    "--context --namespace --kubeconfig --cluster --user --server --token --container "
    "--host --config --name --env --workdir --volume --network --image --entrypoint"
)
_INTERACTIVE = frozenset(("exec", "run", "attach", "debug"))


def terminal_commands(context: ScriptContext) -> Iterator[ScriptFinding]:
    """What draws on a screen, or waits for what a person types."""
    if context.tty:
        return
    for visit in context.visits:
        run = visit.program
        how = "" if run is None else _how(visit, run)
        if run is not None and how:
            yield ScriptFinding(
                code=NEEDS_TERMINAL.code,
                offset=run.word.start,
                message=f"`{how}` wants a terminal, and a step has none",
            )


def _how(visit: CommandVisit, run: Program) -> str:
    """What makes a command want a terminal, in its own words; empty where none does."""
    name = run.name
    if name in _SCREENS:
        given, _ = split_options(run.arguments)
        checks = name == "visudo" and given & {"c", "x", "--check", "--export"}
        return "" if checks or given & _TOLD else name
    if name in _CLIENTS and not visit.fed:
        client = _CLIENTS[name]
        return f"{name} {client.without}" if _opens(run, client) else ""
    judge = _JUDGES.get(name)
    how = "" if judge is None else judge(run)
    return "" if how.endswith(("-it", "rsh")) and visit.fed else how


def _opens(run: Program, client: _Client) -> bool:
    """Whether a client is told nothing to do."""
    if any(_hides_options(word) for word in run.arguments):
        return False
    given, rest = split_options(run.arguments, client.valued)
    scripts = any(word.text.endswith((".js", ".sql", ".mongodb")) for word in rest)
    return not given & client.told and len(rest) <= client.words and not scripts


def _hides_options(word: Word) -> bool:
    """Whether a word may be several, which are not known: `$options`, `"${a[@]}"`."""
    several = "[@]" in word.source or "$@" in word.source
    return several or (word.text == HOLE and not all(e.quoted for e in word.expansions))


def _top(run: Program) -> str:
    given, _ = split_options(run.arguments, "dnpuUwso")
    return "" if given & {"b", *_TOLD} else "top"


def _crontab(run: Program) -> str:
    return "crontab -e" if "e" in split_options(run.arguments, "u")[0] else ""


def _systemctl(run: Program) -> str:
    given, rest = split_options(run.arguments, "tpHMnos")
    asks = bool(rest) and rest[0].text == "edit" and "--stdin" not in given
    return "systemctl edit" if asks else ""


def _screen(run: Program) -> str:
    given, rest = split_options(run.arguments, "SpcehsTt")
    words = [word.text for word in rest]
    if run.name == "tmux":
        return f"tmux {words[0]}" if words[:1] in (["attach"], ["a"]) else ""
    listed = any(word.text in ("-ls", "-list", "-wipe") for word in run.arguments)
    return "" if given & {"d", "D", "X", "Q", "v"} or listed else "screen"


def _editing(run: Program) -> str:
    words = [word.text for word in split_options(run.arguments)[1]]
    edits = words[:1] in (["edit"], ["console"])
    return f"{run.name} {words[0]}" if edits else ""


def _container(run: Program) -> str:
    """`kubectl exec -it`, `docker run -it`, `oc rsh`, `kubectl edit`."""
    name, at = run.name, _subcommand(run)
    if at is None:
        return ""
    command = run.arguments[at].text
    after = run.arguments[at + 1 :]
    if command == "edit" and name in ("kubectl", "oc"):
        return f"{name} edit"
    if command == "rsh" and name == "oc":
        more = split_options(after, _EXEC_VALUED)[1][1:]
        return "" if more or any(map(_hides_options, after)) else "oc rsh"
    if command not in _INTERACTIVE:
        return ""
    given = _leading(after, everywhere=name in ("kubectl", "oc"))
    stdin = given & {"i", "--stdin", "--interactive"}
    return f"{name} {command} -it" if stdin and given & {"t", "--tty"} else ""


def _subcommand(run: Program) -> int | None:
    """The index of the first argument that is no option, nor the value of one.

    The groups of docker's commands are passed: `docker container exec`.
    """
    at = 0
    while at < len(run.arguments):
        text = run.arguments[at].text
        if text in _LONG_VALUED or (text[:1] == "-" and text[1:] in {*_EXEC_VALUED}):
            at += 2
        elif text.startswith("-") or text == "container":
            at += 1
        else:
            return at
    return None


def _leading(words: tuple[Word, ...], *, everywhere: bool) -> set[str]:
    """The options before the command that is run inside.

    Args:
        words: what follows `exec`.
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


_JUDGES: Mapping[str, Callable[[Program], str]] = {
    "top": _top,
    "crontab": _crontab,
    "systemctl": _systemctl,
    "screen": _screen,
    "tmux": _screen,
    "virsh": _editing,
    "ansible-vault": _editing,
    **dict.fromkeys(("kubectl", "oc", "docker", "podman", "nerdctl"), _container),
}
"""What looks at the arguments of a program: what it wants a terminal for."""
