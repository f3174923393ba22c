"""The command line's grammar: what is misspelt is told with what was meant."""

from __future__ import annotations

import argparse

from mobius_tui.runbook.text.names import nearest
from mobius_tui.runbook.toml.problem import escape_controls

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, NoReturn

_COMMANDS = {
    **dict.fromkeys(("start", "begin", "exec", "execute", "apply", "open"), "run"),
    **dict.fromkeys(("lint", "validate", "explain"), "check"),
    **dict.fromkeys(("list", "ls", "status", "history", "ps"), "runs"),
    **dict.fromkeys(("init", "create", "edit"), "new"),
    **dict.fromkeys(("monitor", "health"), "watch"),
    **dict.fromkeys(("continue", "attach"), "resume"),
    **dict.fromkeys(("test", "rehearse", "simulate"), "drill"),
    **dict.fromkeys(("show", "replay", "log", "logs"), "review"),
    **dict.fromkeys(("note", "comment"), "annotate"),
    "convert": "import",
    "help": "--help",
    "version": "--version",
}
"""What commands are called elsewhere."""
_OPTIONS = {
    **dict.fromkeys(("--check", "--noop", "--plan", "-n", "--simulate"), "--dry-run"),
    **dict.fromkeys(("--extra-vars", "-e", "--set", "--env", "-D"), "--var"),
    **dict.fromkeys(("--environment", "--inventory", "-i", "--stage"), "--profile"),
    **dict.fromkeys(("--force", "-f", "-y", "--confirm", "--auto-approve"), "--yes"),
    **dict.fromkeys(("--unattended", "--non-interactive", "--batch"), "--auto"),
    **dict.fromkeys(("--chdir", "-C", "--directory", "--cwd"), "--workdir"),
    **dict.fromkeys(("--no-tui", "--text", "--no-color"), "--plain"),
}
"""What options are called elsewhere."""


class CommandParser(argparse.ArgumentParser):
    """Says what was meant, and complains in the name of the command that was asked."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse, and refuse here what is not known: the parent knows less of it."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self._refuse(unknown[0])
        return found, unknown

    def _refuse(self, word: str) -> NoReturn:
        if not word.startswith("-") or word == "-":
            self.error(f"unexpected word: {word!r}")
        name = escape_controls(word.partition("=")[0])
        meant = _meant(name, self._option_string_actions, _OPTIONS)
        if meant:
            self.error(f"there is no option {name}; did you mean {meant}?")
        if self._subparsers is not None:
            self.error(f"{name}: what is for a command stands after the command")
        self.error(f"there is no option {name}; --help lists them")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a word that is none of an action's choices."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        if action.metavar != "COMMAND":
            listed = ", ".join(choices)
            near = _meant(value, choices, {})
            asked = f"; did you mean {near}?" if near else ""
            raise argparse.ArgumentError(
                action, f"{value!r} is none of {listed}{asked}"
            )
        near = _meant(value, choices, _COMMANDS)
        if not near and value.endswith(".toml"):
            near = f"run {value}"
        words = f"there is no command {value!r}"
        self.error(
            f"{words}; did you mean `{self.prog} {near}`?"
            if near
            else f"{words}; --help lists them"
        )


def _meant(word: str, choices: Iterable[str], elsewhere: Mapping[str, str]) -> str:
    """What a word stands for; empty where nothing is near."""
    known = tuple(choices)
    other = elsewhere.get(word, "")
    if other in (*known, "--help", "--version"):
        return other
    return nearest(word, known, cutoff=0.7 if word.startswith("-") else 0.6) or ""
