"""A run that a command begins or goes on with: on a screen, or as lines."""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobius_tui.cli import USUAL_COLLECTIONS
from mobius_tui.commands.options import is_plain
from mobius_tui.commands.speaking import say, tell
from mobius_tui.errors import OK, UsageError
from mobius_tui.sanitize import line

if TYPE_CHECKING:
    from mobius_tui.run.briefing import Briefing
    from mobius_tui.run.intents import Intent
    from mobius_tui.tui.settings import Settings


def go(
    options: argparse.Namespace,
    briefing: Briefing,
    answers: Mapping[str, str],
) -> int:
    """Show the plan, print the run, or open the screens.

    Args:
        options: of the command line.
        briefing: what is known before the run.
        answers: by variable.
    """
    from mobius_tui.commands.scoring import show_to_the_end
    from mobius_tui.run.dryrun import dry_run
    from mobius_tui.run.labels import understated_steps
    from mobius_tui.run.plan import Plan
    from mobius_tui.run.preflight import refuse_unattended
    from mobius_tui.run.starter import begin

    if options.dry_run:
        for each in dry_run(briefing, now=time.time()):
            say(line(each))
        return OK
    auto = auto_intent(options, answers)
    if auto is not None:
        refuse_unattended(briefing.runbook, "--auto")
        if options.manual == "tick":
            _refuse_ticks(briefing)
    if not (options.json or is_plain(asked=options.plain)):
        settings = screen_settings(options)
        from mobius_tui.tui.entry import open_briefing

        return open_briefing(briefing, settings, auto=auto, answers=answers)

    async def lines() -> int:
        labels = understated_steps(Plan(briefing.runbook))
        for problem in (*briefing.problems, *briefing.notices, *labels):
            tell(problem)
        wanted = {v.name: answers[v.name] for v in briefing.asked if v.name in answers}
        for words in defaults_in_words(briefing, wanted):
            tell(words)
        directory = await begin(briefing, wanted, auto)
        tell(f"run {directory.id}")
        if auto is None:
            tell(
                "a guided run wants a person: in another terminal, "
                f"`mobius-tui resume {directory.id}` opens its screen; "
                "--auto runs it by itself; ctrl+c leaves it open"
            )
        return await show_to_the_end(
            directory, as_json=options.json, auto=auto, sent=True
        )

    return interruptible(lines)


def defaults_in_words(briefing: Briefing, answers: Mapping[str, str]) -> Iterator[str]:
    """The defaults that count because lines ask nobody."""
    for variable in briefing.asked:
        if variable.default is not None and variable.name not in answers:
            name = variable.name
            value = "[secret]" if variable.secret else variable.default
            yield line(f"{name}={value} is the default; --var {name}=… gives another")


def _refuse_ticks(briefing: Briefing) -> None:
    """Begin no run that its host would not let go on.

    Raises:
        UsageError: it may not tick by itself what a person does.
    """
    from mobius_tui.run.answers import tick_refused

    refused = tick_refused(
        mode=briefing.mode,
        environment=briefing.environment,
        protected=briefing.protected,
    )
    if refused:
        raise UsageError(refused)


def auto_intent(
    options: argparse.Namespace, answers: Mapping[str, str]
) -> Intent | None:
    """The intent that makes a run automatic; `None` for a guided one."""
    if options.auto:
        from mobius_tui.run.answers import auto

        return auto(answers, manual=options.manual or "stop", yes=options.yes)
    given = {
        "--yes": options.yes,
        "--manual": options.manual,
        "--answers": options.answers,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: only with --auto")
    return None


def answers_in(path: Path | str | None) -> dict[str, str]:
    """What a file answers; nothing without one."""
    if not path:
        return {}
    from mobius_tui.run.answers import answers_of

    return answers_of(Path(path))


def interruptible(lines: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run something that prints; ctrl+c leaves the run as it is, and says so."""
    gc.set_threshold(*USUAL_COLLECTIONS)
    try:
        return asyncio.run(lines())
    except KeyboardInterrupt:
        tell("left; the run goes on. `mobius-tui resume` shows it again")
        raise


def screen_settings(options: argparse.Namespace) -> Settings:
    """What config.toml and the command line want of the screens.

    Raises:
        UsageError: config.toml is wrong; the text is the whole report.
    """
    from mobius_tui.tui.settings import load

    settings = load()
    return replace(settings, ascii=True) if options.ascii else settings
