"""Digests of the files that a step's scripts run by a literal path.

An approval is for them, too: `go.sh` in `./go.sh` is as much of what was shown as the
command itself.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.playbooks.playbook_digests import changed_paths_text, digest_of_file
from mobius_tui.run.storage.kept_files import FILES_VARIABLE
from mobius_tui.runbook.model.actions import Run, is_shell
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.files_in_scripts import files_of_step
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.runbook.shell.called_files import called_files, files_in_command

MAX_CALLED_FILES = 200
"""Files of a step that are looked at, at most."""


async def called_file_digests(context: RunContext, step: Step) -> Mapping[str, str]:
    """The digests now of the files that a step's scripts run, by path.

    A path is as the script has it, from the folder in which commands run. The digest is
    empty where no file is. Files on hosts are not looked at. The runbook's own `files`
    have the digest that they have for the whole run: none other is run.

    Args:
        context: the run's; its folder and HOME are where paths lead from.
        step: whose scripts, those of its checks and its guard included.
    """
    began = context.state.began
    assert began is not None
    folder, home = Path(began.workdir), context.env.get("HOME", "/")
    found = await asyncio.to_thread(_digests, step, folder, home)
    own = files_of_step(step, context.plan.runbook.files)
    return {**found, **{f"${FILES_VARIABLE}/{f.base_name}": f.sha256 for f in own}}


async def changed_files_text(
    context: RunContext, step: Step, shown: Mapping[str, str] | None
) -> str | None:
    """Which files have changed since their digests were shown; None for none."""
    if not shown:
        return None
    changed = changed_paths_text(shown, await called_file_digests(context, step))
    return f"{changed} changed since it was asked for" if changed else None


def _digests(step: Step, folder: Path, home: str) -> Mapping[str, str]:
    found = dict.fromkeys(path for each in _scripts(step) for path in each)
    places = {
        path: folder / (home + path[1:] if path.startswith("~/") else path)
        for path in itertools.islice(found, MAX_CALLED_FILES)
    }
    return {
        path: digest_of_file(place) if os.path.lexists(place) else ""
        for path, place in places.items()
    }


def _scripts(step: Step) -> Iterator[tuple[str, ...]]:
    """For each script that runs on this machine, the files that it calls."""
    if isinstance(step.action, Run) and step.rollout is None:
        yield _called(step.action.script, step.action.shell)
    for check in (*step.checks, *step.when_checks):
        if isinstance(check, RunCheck) and not check.on_host:
            yield _called(check.script, check.shell)


def _called(script: str, shell: tuple[str, ...]) -> tuple[str, ...]:
    own = called_files(script) if is_shell(shell) else ()
    return (*files_in_command(shell), *own) if shell else own
