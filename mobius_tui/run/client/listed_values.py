"""The values that commands propose before a run begins, for the briefing and --auto."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping

from mobius_tui.errors import UsageError
from mobius_tui.run.checks.value_commands import (
    ListedValues,
    list_values,
)
from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.planning.step_texts import command_excerpt
from mobius_tui.run.storage.kept_files import temporary_files
from mobius_tui.runbook.lint.label_rules import command_beyond_read
from mobius_tui.runbook.model.actions import chosen_text
from mobius_tui.runbook.model.runbook import Variable
from mobius_tui.runbook.model.templates import names_in_script
from mobius_tui.runbook.model.value_kinds import stored_value

ShowListedValues = Callable[[Variable, ListedValues], None]
"""Called with a variable and the values that its command proposed."""


def listed_variables(briefing: Briefing) -> tuple[Variable, ...]:
    """The variables for which commands propose values before this run begins."""
    return tuple(each for each in briefing.variables_asked if each.is_listed)


async def list_values_for_briefing(
    briefing: Briefing,
    given: Mapping[str, str],
    *,
    wanted: bool,
    show: ShowListedValues,
) -> None:
    """Run the commands that propose values, in the order of the runbook.

    One whose script reads what another proposes is run after that one.

    Args:
        briefing: what is known.
        given: what is filled in so far, by variable.
        wanted: whether a person wants them run; without that, one whose command may do
            more than read is not run.
        show: called with each as it ends; may change `given`.
    """
    before: list[Awaitable[None]] = []
    names = {each.name for each in listed_variables(briefing)}
    for variable in listed_variables(briefing):
        if names & set(names_in_script(variable.from_run)):
            await asyncio.gather(*before)
            before.clear()
        work = _list_one(briefing, variable, given, wanted=wanted, show=show)
        before.append(asyncio.ensure_future(work))
    await asyncio.gather(*before)


async def _list_one(
    briefing: Briefing,
    variable: Variable,
    given: Mapping[str, str],
    *,
    wanted: bool,
    show: ShowListedValues,
) -> None:
    does = (
        ""
        if wanted
        else await asyncio.to_thread(
            command_beyond_read, briefing.runbook, variable.from_run
        )
    )
    if does:
        words = f"not run yet: `{does}` may do more than read"
        show(variable, ListedValues(problem=words))
        return
    show(variable, await propose_values(briefing, variable, given))


async def propose_values(
    briefing: Briefing, variable: Variable, given: Mapping[str, str]
) -> ListedValues:
    """Run the command of a variable.

    Args:
        briefing: what is known.
        variable: it has `from_run`.
        given: what is filled in so far, by variable.
    """
    known = {name: value for name, (value, _) in briefing.values.items()}
    declared = briefing.runbook.variables
    known.update(
        {
            name: stored_value(declared[name], text)
            for name, text in given.items()
            if text
        }
    )
    read = {
        name: known.get(name)
        for name in names_in_script(variable.from_run)
        if name in declared
    }
    lacking = [name for name, value in read.items() if value is None]
    if lacking:
        command = command_excerpt(variable.from_run)
        return ListedValues(problem=f"`{command}` waits for {', '.join(lacking)}")
    env = {
        **os.environ,
        "PATH": briefing.search_path,
        **briefing.home_and_tmpdir,
        **{name: value for name, value in read.items() if value is not None},
    }
    for each in briefing.runbook.variables.values():
        if each.secret and each.from_env is not None:
            env.pop(each.from_env, None)
    try:
        with temporary_files(briefing.runbook.files, env) as with_files:
            return await list_values(variable, workdir=briefing.workdir, env=with_files)
    except OSError as error:
        words = f"the files of the runbook cannot be written: {error.strerror}"
        return ListedValues(problem=words)


def proposed_value(variable: Variable, listed: ListedValues) -> str:
    """The value to use of the proposed ones: the first, or all if it takes several."""
    values = [each.value for each in listed.options]
    return chosen_text(values if variable.many else values[:1])


async def answers_by_commands(
    briefing: Briefing,
    given: Mapping[str, str],
    narrate: Callable[[str], None],
) -> Mapping[str, str]:
    """The answers of a run without a briefing, completed by what commands propose.

    Args:
        briefing: what is known.
        given: answers by variable; they count first.
        narrate: called with a line for each value that is used, and each problem.

    Raises:
        UsageError: a command gave no value, and there is none by default.
    """
    answers = dict(given)
    failed: list[str] = []

    def take(variable: Variable, listed: ListedValues) -> None:
        if variable.name in given:
            return
        value = proposed_value(variable, listed)
        if value:
            answers[variable.name] = value
            shown = value.replace("\n", ", ")
            which = "" if variable.many else " first"
            narrate(f"{variable.name}={shown} is what its command lists{which}")
        elif variable.default is None:
            how = f"give --var {variable.name}=VALUE"
            failed.append(f"{variable.name}: {listed.problem}; {how}")
        else:
            narrate(f"{variable.name}: {listed.problem}")

    await list_values_for_briefing(briefing, answers, wanted=True, show=take)
    if failed:
        raise UsageError("; ".join(failed))
    return answers
