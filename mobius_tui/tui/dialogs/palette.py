"""The palette: every command that applies now, by its name or another for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

from textual.command import (
    CommandPalette,
    DiscoveryHit,
    Hit,
    Hits,
    Provider,
    SimpleProvider,
)
from textual.screen import Screen
from textual.worker import Worker

from mobius_tui.tui.commands.command import Command

SYNONYMS: dict[str, str] = {
    "next_action": "go continue proceed start execute",
    "tick": "done mark complete check decide choose toggle",
    "message": "tell send announce notify slack post mail",
    "stop": "kill cancel abort interrupt terminate sigterm",
    "approve": "accept sign-off allow lgtm",
    "hold": "pause wait cancel abort freeze",
    "roll_back": "rollback revert restore undo",
    "terminal": "shell attach tty exec console",
    "look_first": "verify check test recheck",
    "retry": "again rerun redo restart repeat",
    "release_batch": "release batch canary proceed continue",
    "settle_host": "unknown host settle decide reconcile",
    "skip": "ignore pass omit",
    "restore": "unskip undo",
    "override": "force vouch bypass ignore",
    "note": "comment remark write memo",
    "arm": "automatic enable disarm disable trigger auto-rollback",
    "enter_phase": "failure recovery jump goto branch",
    "scripts": "code source command view whole file program",
    "contacts": "people phone call escalate page who oncall",
    "status": "yank share update report clipboard",
    "follow_up": "post-incident postmortem retrospective",
    "changes": "diff edited modified",
    "end_run": "finish close complete done abandon",
    "follow_run": "current back home",
    "pane.checklist": "steps tasks list focus",
    "pane.output": "logs stdout stderr focus",
    "pane.health": "metrics monitoring probes charts focus",
    "pane.detail": "describe info command why focus",
    "zoom": "fullscreen maximize expand enlarge",
    "checklist.fold": "collapse expand",
    "checklist.fold_done": "collapse expand",
    "checklist.edit": "vim open source",
    "checklist.filter": "search grep",
    "checklist.first": "top beginning gg",
    "checklist.last": "bottom end",
    "output.find": "search grep",
    "output.next_hit": "match search again",
    "output.hit_before": "match previous search",
    "output.copy": "yank clipboard",
    "output.copy_all": "yank clipboard",
    "output.pager": "less more view",
    "output.editor": "vim nano open",
    "output.save": "write :w export download",
    "output.wrap": "nowrap :set",
    "output.times": "timestamps clock",
    "output.first": "top beginning gg",
    "output.last": "bottom end tail follow",
    "briefing.begin": "go start run execute",
    "briefing.probe": "check test ping",
    "briefing.drills": "history rehearsals",
    "briefing.status": "yank share clipboard",
    "briefing.edit": "vim open source",
    "briefing.back": "cancel close return",
    "library.filter": "search grep",
    "library.all": "clear reset",
    "library.drills": "history rehearsals",
    "library.stats": "metrics charts history",
    "library.status": "yank share clipboard",
    "library.edit": "vim source",
    "library.open": "start run execute resume attach review",
    "facilitator.inject": "break fault",
    "facilitator.heal": "mend fix repair undo",
    "facilitator.hint": "tip help",
    "timeline.filter": "search grep",
    "timeline.first": "top beginning gg",
    "timeline.last": "bottom end",
    "review.annotate": "comment note remark",
    "review.annotations": "comments notes remarks",
    "review.items": "todo tasks tickets",
    "review.drill": "compare rehearsal",
    "review.changes": "diff edited modified",
    "review.status": "yank share clipboard",
    "review.end": "outcome result score summary",
    "review.pane.checklist": "steps tasks list focus",
    "review.pane.output": "logs stdout stderr focus",
    "review.pane.health": "metrics monitoring probes charts focus",
    "review.pane.timeline": "time focus",
    "review.pane.detail": "describe info command why focus",
    "review.zoom": "fullscreen maximize expand enlarge",
    "stats.copy": "yank clipboard",
    "stats.back": "cancel close return",
    "help": "keys keybindings bindings shortcuts manual cheatsheet :help",
    "leave": "quit exit close detach bye :q q! :q! :quit :wq :x",
    "redraw": "refresh repaint clear reset",
    "theme": "themes colors dark light appearance skin colorscheme :colorscheme",
    "suspend": "background job bg ctrl-z",
    "focus.next": "pane switch window",
    "focus.before": "pane switch window",
}
"""Other words that find a command, by its id."""


def synonym_score(command_id: str, typed: str) -> float:
    """How much of a command's synonym was typed, from its first letter on.

    Args:
        command_id: the command's.
        typed: what a person looks for.

    Returns:
        1 for the whole of one; 0 for none.
    """
    wanted = typed.strip().lower()
    names = SYNONYMS.get(command_id, "").split()
    begun = (len(wanted) / len(name) for name in names if name.startswith(wanted))
    return max(begun, default=0.0) if wanted else 0.0


SYNONYM_SCORE = 50.0
"""The score of a synonym that was typed whole, on the scale of Textual's search, where
most of a title scores as much."""


class Palette(CommandPalette):
    """Textual's palette; a search that fails does not end the app.

    What was typed last may be heard of when the palette is on its way out: the list,
    for which Textual asks first of all, has gone by then, and there is nothing to show.
    """

    def run_worker(self, *arguments: Any, **options: Any) -> Worker[Any]:
        """Begin to search, as Textual does."""
        return super().run_worker(*arguments, **{**options, "exit_on_error": False})


@runtime_checkable
class HasCommands(Protocol):
    """A screen whose commands the palette can find and run."""

    def palette_commands(self) -> Sequence[Command]:
        """The commands that apply now."""

    async def carry_out(self, command: Command) -> None:
        """Run a command."""


class CommandProvider(Provider):
    """Finds commands of the screen beneath the palette."""

    def _commands(self) -> tuple[tuple[Command, HasCommands], ...]:
        page = self.screen
        if not isinstance(page, HasCommands):
            return ()
        return tuple((command, page) for command in page.palette_commands())

    async def discover(self) -> Hits:
        """All of them."""
        for command, page in self._commands():
            yield DiscoveryHit(
                _title(command),
                partial(page.carry_out, command),
                help=command.help or None,
            )

    async def search(self, query: str) -> Hits:
        """Those whose title, word in the footer or other name resembles it."""
        matcher = self.matcher(query)
        for command, page in self._commands():
            title = _title(command)
            own = max(matcher.match(title), matcher.match(command.label))
            score = max(own, SYNONYM_SCORE * synonym_score(command.id, query))
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    partial(page.carry_out, command),
                    help=command.help or None,
                )


def choice_palette(
    page: Screen[Any], offered: Sequence[tuple[str, Callable[[], None]]], words: str
) -> Palette:
    """A palette of choices other than commands.

    Args:
        page: the screen beneath it.
        offered: what there is, in words, and what each does.
        words: what is to be typed.
    """
    provider = SimpleProvider(page, list(offered))
    return Palette(providers=[provider], placeholder=words)  # type: ignore[list-item]


def _title(command: Command) -> str:
    """The command in words, with its first key."""
    return f"{command.title}  ({command.key_name})" if command.keys else command.title
