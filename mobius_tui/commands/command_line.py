"""Parses the command line, suggests what was meant, and executes the command."""

from __future__ import annotations

import argparse
from importlib import import_module
from keyword import iskeyword

from mobius_tui import __version__
from mobius_tui.commands.command_arguments import COMMANDS
from mobius_tui.commands.support.command_options import ASCII_HELP
from mobius_tui.garbage_collection import collect_seldom
from mobius_tui.run.keeper.process_table import forbid_core_dumps
from mobius_tui.runbook.text.names import nearest
from mobius_tui.sanitize import escape_controls

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, NoReturn


_COMMAND_SYNONYMS = {
    **dict.fromkeys(("start", "begin", "exec", "execute", "apply", "open"), "run"),
    **dict.fromkeys(("lint", "validate", "explain"), "check"),
    **dict.fromkeys(("list", "ls", "status", "history", "ps"), "runs"),
    **dict.fromkeys(("init", "create", "edit"), "new"),
    **dict.fromkeys(("monitor", "health"), "watch"),
    **dict.fromkeys(("continue", "attach"), "resume"),
    **dict.fromkeys(("test", "rehearse", "simulate"), "drill"),
    **dict.fromkeys(("show", "replay", "log", "logs"), "review"),
    **dict.fromkeys(("note", "comment"), "annotate"),
    **dict.fromkeys(("inventory", "targets", "nodes"), "hosts"),
    "convert": "import",
    "help": "--help",
    "version": "--version",
}
"""Names that other programs have for a command, to ours."""
_OPTION_SYNONYMS = {
    **dict.fromkeys(("--check", "--noop", "--plan", "-n", "--simulate"), "--dry-run"),
    **dict.fromkeys(("--extra-vars", "-e", "--set", "--env", "-D"), "--var"),
    **dict.fromkeys(("--environment", "--inventory", "-i", "--stage"), "--profile"),
    **dict.fromkeys(("--force", "-f", "-y", "--confirm", "--auto-approve"), "--yes"),
    **dict.fromkeys(("--unattended", "--non-interactive", "--batch"), "--auto"),
    **dict.fromkeys(("--chdir", "-C", "--directory", "--cwd"), "--workdir"),
    **dict.fromkeys(("--no-tui", "--text", "--no-color"), "--plain"),
}
"""Names that other programs have for an option, to ours."""


EMPTY_TEXT = "it is empty, and names nothing; is a variable of the shell unset?"
"""What is said of an argument that is an empty text, or blanks alone."""


class ArgumentParser(argparse.ArgumentParser):
    """An argument parser that suggests words, and whose errors name the command."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse, and refuse unknown words here: the parent parser has fewer options."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self._refuse(unknown[0])
        return found, unknown

    def _refuse(self, word: str) -> NoReturn:
        if not word.startswith("-") or word == "-":
            self.error(f"unexpected word: {word!r}")
        name = escape_controls(word.partition("=")[0])
        suggestion = _suggestion(name, self._option_string_actions, _OPTION_SYNONYMS)
        if suggestion:
            self.error(f"there is no option {name}; did you mean {suggestion}?")
        if self._subparsers is not None:
            self.error(f"{name}: what is for a command stands after the command")
        self.error(f"there is no option {name}; --help lists them")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Refuse an empty text, whatever it is for.

        It is what an unset variable of a shell leaves, and what is left out means all,
        the newest, or a default. So no option may take it for a value of its own.
        """
        is_command = action.nargs == argparse.PARSER  # with all that follows it
        if not is_command and not all(map(str.strip, arg_strings)):
            raise argparse.ArgumentError(action, EMPTY_TEXT)
        return super()._get_values(action, arg_strings)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is none of an argument's choices."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        if action.metavar != "COMMAND":
            listed = ", ".join(choices)
            suggestion = _suggestion(value, choices, {})
            question = f"; did you mean {suggestion}?" if suggestion else ""
            raise argparse.ArgumentError(
                action, f"{value!r} is none of {listed}{question}"
            )
        suggestion = _suggestion(value, choices, _COMMAND_SYNONYMS)
        if not suggestion and value.endswith(".toml"):
            suggestion = f"run {value}"
        words = f"there is no command {value!r}"
        self.error(
            f"{words}; did you mean `{self.prog} {suggestion}`?"
            if suggestion
            else f"{words}; --help lists them"
        )


def _suggestion(
    word: str, choices: Iterable[str], synonyms: Mapping[str, str]
) -> str | None:
    """The choice that was probably intended; None if none is similar."""
    own = tuple(choices)
    synonym = synonyms.get(word, "")
    if synonym in (*own, "--help", "--version"):
        return synonym
    return nearest(word, own, cutoff=0.7 if word.startswith("-") else 0.6) or None


FOLDERS = {
    "authoring": {"check", "diff", "import", "new", "schema", "upgrade"},
    "past_runs": {
        *("annotate", "export", "import-run", "report"),
        *("review", "runs", "stats", "verify"),
    },
}
"""The folders of commands' modules, and the commands in each; the others lie beside."""
_EPILOG = """\
Without a command: the library of runbooks and runs.
`mobius-tui COMMAND --help` says what a command takes.

exit codes:
  0  completed            1  failed
  2  the command line or the runbook asks for something that cannot be
  3  abandoned            4  unknown or incomplete: someone must look
  70 a fault of this program's own; it says where it wrote it down
  130 interrupted
"""


CONFINED_WORD = "confined"
"""What stands before the run's folder, the site's, and a command line of `drill` that
is in its enclosure: `drill --confined` begins itself anew so."""


def run_command(words: Sequence[str]) -> int:
    """Run the command that a command line names; without one, open the library.

    Args:
        words: of the command line, without the program's name.

    Returns:
        The exit code.

    Raises:
        SystemExit: the command line is wrong, or asks for help or the version.
        MobiusError: the command could not be done.
    """
    collect_seldom()
    forbid_core_dumps()
    enclosed: Sequence[str] = ()
    if words[:1] == [CONFINED_WORD]:
        enclosed, words = words[1:3], words[3:]
    options = build_parser(words).parse_args(words)
    options.words, options.enclosed = tuple(words), tuple(enclosed)
    module = import_module(command_module(options.command or "library"))
    code: int = module.do(options)
    return code


_SHARED_MODULES = {"amend": "diff"}
"""Commands that are in the module of another one."""


def command_module(command: str) -> str:
    """The full name of the module that executes a command.

    It has the name of the command, with `_` for `-`; a word that Python reserves has
    `_` at its end. Two commands about the same are in one module.
    """
    command = _SHARED_MODULES.get(command, command)
    name = f"{command}_" if iskeyword(command) else command.replace("-", "_")
    folder = next((f"{f}." for f, names in FOLDERS.items() if command in names), "")
    return f"mobius_tui.commands.{folder}{name}"


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of the command line.

    Args:
        words: what is to be parsed; only the command that it begins with is made, if it
            begins with one.
    """
    parser = ArgumentParser(
        prog="mobius-tui",
        description="Run a rollback runbook as a checklist that watches and remembers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-V",
        "--version",
        action="version",
        version=f"mobius-tui {__version__}",
        help="say which version this is",
    )
    parser.add_argument("--ascii", action="store_true", help=ASCII_HELP)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    given = words[0] if words and words[0] in COMMANDS else None
    for name, command in COMMANDS.items():
        if given in (None, name):
            summary = command.summary
            description = f"{summary[0].upper()}{summary[1:]}."
            command.add_options(
                subparsers.add_parser(name, help=summary, description=description)
            )
    return parser
