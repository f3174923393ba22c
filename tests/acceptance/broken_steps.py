"""Each step of the MOBIUS runbooks breaks in turn, and a person does what Enter says.

A step that runs something fails once before it did anything (`before`), once after it
did all of it (`after`), or each time (`always`). Whoever follows knows nothing of that:
what the Enter line offers is done, by the screens' own flows; a step that went wrong is
looked at and retried, then the phase for failures is entered, and what goes wrong there
twice is skipped where that is offered. At the end the service is up, or the run has not
been called completed and its last failure says why.

    python -m tests.acceptance.broken_steps --how before --path packages

prints a line for each case and a count; `--jobs 2` does two at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from mobius_tui.drill.drill_verdict import site_problems
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.site.drill_site import (
    Site,
    build_site,
    drill_variables,
    environment_variables,
    tear_down,
)
from mobius_tui.drill.site.site_files import SiteKind
from mobius_tui.run.attempts.attempt_files import last_output
from mobius_tui.run.attempts.stopping import ATTEMPT_MARK
from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.intents.unattended_answers import read_answers_file
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.actions import Choose, Manual, Run
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.tui.commands.command import FlowId
from mobius_tui.tui.dialogs.answer_dialogs import (
    AnswersDialog,
    DecisionAnswer,
    DecisionDialog,
    StepAnswers,
)
from mobius_tui.tui.dialogs.confirm_dialogs import ConfirmDialog
from mobius_tui.tui.dialogs.failure_dialogs import FailureDialog
from mobius_tui.tui.dialogs.message_dialog import MessageAnswer, MessageDialog
from mobius_tui.tui.dialogs.phase_dialogs import PhasesDialog
from mobius_tui.tui.dialogs.question import DialogOpener
from mobius_tui.tui.dialogs.rollback_dialog import RollbackDialog
from mobius_tui.tui.flows.step_flows import FLOWS
from mobius_tui.tui.presenters.availability import available_commands
from mobius_tui.tui.presenters.next_action import GoToTerminal, StartFlow, next_action
from mobius_tui.tui.presenters.run_view import RunView, build_run_view
from mobius_tui.tui.presenters.step_details import offered_options
from mobius_tui.tui.screen_state import RowKey, StepRow
from tests.acceptance.campaigns import state_of_its_own
from tests.waiting import PATIENCE

How = Literal["before", "after", "always"]
HOWS: tuple[How, ...] = ("before", "after", "always")
SHORT = {"check_every": "0.2s", "probe_every": "0.3s", "monitor_for": "2s"}
INSISTS = 5.0
"""Seconds for which a person tries what is offered, and refused."""
WORDS = "broken on purpose: {step}"

WRAPPER = """#!{bash}
# Stands before the real program: one step's script breaks, all else is as it is.
case "${{!#}} ${{{mark}-}}" in
  /dev/fd/*/{step}.[0-9]*)
    if [ "{how}" = after ]; then "{real}" "$@" || exit; fi
    if [ "{how}" = always ] || mkdir "{once}" 2> /dev/null; then
      echo "{words}" >&2
      exit 1
    fi
    if [ "{how}" = after ]; then exit 0; fi
    ;;
esac
exec "{real}" "$@"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A way through a runbook, on a site that is broken so that it is the right one."""

    name: str
    runbook: str
    fault: str
    scenario: str = ""
    kind: SiteKind = SiteKind.REAL
    armed: bool = False
    """Whether a trigger begins it."""


WAYS = (
    Way(name="packages", runbook="mobius-rollback", fault="bad-release"),
    Way(name="source", runbook="mobius-rollback", fault="thin-backup"),
    Way(name="configuration", runbook="mobius-rollback", fault="config-drift"),
    Way(name="database-restore", runbook="mobius-rollback", fault="bad-migration"),
    Way(
        name="database-migrate",
        runbook="mobius-rollback",
        fault="bad-migration",
        scenario="database-migrate",
        kind=SiteKind.LENIENT,
    ),
    Way(name="restart", runbook="mobius-rollback", fault="dead-worker"),
    Way(name="armed", runbook="mobius-rollback", fault="bad-release", armed=True),
    Way(name="quick", runbook="mobius-quick", fault="bad-release"),
    Way(name="config-rollback", runbook="mobius-config-rollback", fault="config-drift"),
    Way(name="recovery", runbook="mobius-failure-recovery", fault="bad-release"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One step that breaks on one way."""

    way: Way
    step: str
    how: How
    environment: str = "production"

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.way.name} {self.step} {self.how}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Came:
    """What a case came to."""

    case: Case
    broke: bool
    """Whether the step was come to at all."""
    left: tuple[str, ...]
    """What is wrong with the site at the end."""
    outcome: str
    words: str
    """What the run says of its last failure."""

    @property
    def is_good(self) -> bool:
        """The service is up; or the run is not completed, and says why."""
        return not self.left or (self.outcome != "completed" and bool(self.words))


def scripts(way: Way) -> tuple[str, ...]:
    """The steps on a way that run a script, by id; what only follows is none."""
    runbook = load(find_runbook(way.runbook))
    scenario = answers_to(way, runbook).get("scenario")
    armed = way.armed
    return tuple(
        step.id
        for phase in runbook.phases
        if (phase.id == "automated-rollback" if armed else not phase.aside)
        for step in phase.steps
        if scenario in step.when.get("scenario", (scenario,))
        and isinstance(step.action, Run)
        and not step.action.follow
        and not step.action.tty
    )


class Person:
    """Does what Enter says, and knows nothing else."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers
        self.tries: dict[str, int] = {}
        self.turned = False

    def ask(self, view: RunView, subject: RowKey | None) -> DialogOpener:
        """How dialogs are answered."""

        async def answered(dialog: Any, /) -> Any:
            step = view.step(subject)
            match dialog:
                case ConfirmDialog():
                    return dialog.confirmation.wanted
                case RollbackDialog():
                    return view.environment
                case AnswersDialog():
                    assert step is not None
                    assert isinstance(step.action, Manual)
                    asked = {each.var for each in step.action.ask}
                    known = {**self._held(view), **self.answers}
                    return StepAnswers({name: known[name] for name in asked}, "")
                case DecisionDialog():
                    assert step is not None
                    assert isinstance(step.action, Choose)
                    return DecisionAnswer(
                        self._choice(view, step.action), "as it was said"
                    )
                case MessageDialog():
                    return MessageAnswer("told by hand")
                case FailureDialog():
                    assert step is not None
                    return self._way_on(view, step.id)
                case PhasesDialog():
                    return "failure-recovery"
                case _:
                    return "because the screen says so"

        return cast("DialogOpener", answered)

    def _held(self, view: RunView) -> dict[str, str]:
        held = view.state.variables.items()
        return {name: value.text for name, value in held if value.text}

    def _choice(self, view: RunView, action: Choose) -> tuple[str, ...]:
        said = self.answers.get(action.var)
        if said is not None:
            return tuple(said.split("\n"))
        options = offered_options(view, action)
        return (next(option.value for option in options if option.value),)

    def _way_on(self, view: RunView, step: str) -> FlowId | None:
        """Look, then retry, then turn aside, then skip: what is offered of these."""
        self.tries[step] = tries = self.tries.get(step, 0) + 1
        ways = available_commands(view, StepRow(step))
        if tries == 1 and "look_first" in ways:
            return FlowId.LOOK_FIRST
        if tries <= 2 and "retry" in ways:
            return FlowId.RETRY
        aside = view.plan.phase_of[step].aside
        if "enter_phase" in ways and not self.turned and not aside:
            self.turned = True
            return FlowId.ENTER_PHASE
        if "skip" in ways:
            return FlowId.SKIP
        return None


async def follow(briefing: Briefing, person: Person, *, armed: bool) -> Viewer:
    """Go through a run by what Enter offers, to its end or until nothing is left."""
    wanted = {v.name: person.answers[v.name] for v in briefing.missing}
    directory = await start_new_run(briefing, wanted)
    viewer = Viewer(directory)
    last, refused = "", time.monotonic()
    deadline = time.monotonic() + 2 * PATIENCE
    async for _ in viewer.changes():
        view = see(viewer)
        if view.state.ended is not None or time.monotonic() > deadline:
            break
        if armed:
            armed = view.state.watch.rollback is None
            if not view.state.watch.armed and armed:
                await act(viewer, view, person, None, FlowId.ARM)
            continue
        now = next_action(view, None, moved=False)
        match now:
            case StartFlow(flow=flow, key=key):
                flow = FlowId.SKIP if _has_terminal(view, key) else flow
            case GoToTerminal(step=step_id):
                key, flow = StepRow(step_id), FlowId.SKIP
            case _:
                continue
        reply = await act(viewer, view, person, key, flow)
        if reply is not None or now.text != last:
            last, refused = now.text, time.monotonic()
        elif time.monotonic() > refused + INSISTS:
            why = f"nothing leads on: {now.text}"
            await viewer.send_intent(EndRun(reason=why))
    return viewer


async def act(
    viewer: Viewer, view: RunView, person: Person, key: RowKey | None, flow: FlowId
) -> object:
    """Go a flow of the screens; `None` where nothing came of it."""
    intent = await FLOWS[flow](person.ask(view, key), view, key)
    if intent is None:
        return None
    reply = await viewer.send_intent(intent)
    return reply if reply.ok else None


def _has_terminal(view: RunView, key: RowKey | None) -> bool:
    step = view.step(key)
    return step is not None and isinstance(step.action, Run) and step.action.tty


def see(viewer: Viewer) -> RunView:
    """The run as the screen shows it."""
    follower = viewer.follower
    return build_run_view(
        follower.plan,
        follower.state,
        now=time.time(),
        host=viewer.host_pid(),
        uid=os.getuid(),
        last_outputs={},
        health={},
    )


def answers_to(way: Way, runbook: Runbook) -> dict[str, str]:
    """What the person knows of the incident, and says."""
    found = {"failure": "it went wrong", "sre_ack": "@sre-oncall"}
    found |= {"disaster_recovery": "not-needed", "reason": "a test"}
    found |= read_answers_file(FAULTS[way.fault].answers).values
    if way.scenario:
        found["scenario"] = way.scenario
    return {name: value for name, value in found.items() if name in runbook.variables}


def break_step(site: Site, case: Case, programs: Path) -> Path:
    """Put programs before the real ones by which the step's script breaks."""
    once = site.root / "tmp" / "broke"
    for name in ("bash", "python3"):
        real = next(
            found
            for folder in os.environ["PATH"].split(":")
            if (found := Path(folder) / name).exists()
        )
        text = WRAPPER.format(
            bash="/bin/bash",
            step=case.step,
            how=case.how,
            real=real,
            once=once,
            words=WORDS.format(step=case.step),
            mark=ATTEMPT_MARK,
        )
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return once


@contextmanager
def _site(case: Case, folder: Path) -> Any:
    site = build_site(
        folder / "site",
        started=datetime.now(UTC),
        kind=case.way.kind,
        environment=case.environment,
    )
    try:
        yield site
    finally:
        tear_down(site)


async def come(case: Case, folder: Path) -> Came:
    """Build a site, break it and the step, and follow the screen."""
    runbook = load(find_runbook(case.way.runbook))
    programs = folder / "programs"
    programs.mkdir()
    with _site(case, folder) as site:
        once = break_step(site, case, programs)
        await asyncio.to_thread(FAULTS[case.way.fault].inject, site)
        known = {**drill_variables(site), **SHORT}
        around = environment_variables(site)
        path = f"{programs}:{around.pop('PATH')}"
        person = Person(answers_to(case.way, runbook))
        briefing = prepare_briefing(
            runbook,
            given={k: v for k, v in known.items() if k in runbook.variables},
            workdir=site.root,
            mode=Mode.DRILL,
            site=str(site.root),
            sink=site.sink,
            search_path=path,
            home_and_tmpdir=around,
        )
        viewer = await follow(briefing, person, armed=case.way.armed)
        try:
            return Came(
                case=case,
                broke=once.exists() or _broke(viewer, case),
                left=await asyncio.to_thread(
                    site_problems, site, [FAULTS[case.way.fault]]
                ),
                outcome=_outcome(viewer),
                words=_words(viewer),
            )
        finally:
            await viewer.close()
            _end(viewer)


def _broke(viewer: Viewer, case: Case) -> bool:
    own = viewer.follower.state.steps.get(case.step)
    return own is not None and any(
        attempt.status not in (Status.PASSED, Status.WARNED) for attempt in own.attempts
    )


def _outcome(viewer: Viewer) -> str:
    ended = viewer.follower.state.ended
    return "open" if ended is None else ended.outcome


def _words(viewer: Viewer) -> str:
    """What is said of the last step that went wrong, and was not put right."""
    state, found = viewer.follower.state, ""
    for step_id, own in state.steps.items():
        if own.last_attempt is not None and own.status in (
            Status.FAILED,
            Status.SKIPPED,
        ):
            attempt = viewer.directory.attempt(step_id, own.last_attempt.number)
            found = (
                last_output(attempt).error
                or last_output(attempt).last
                or own.last_attempt.reason
            )
    ended = state.ended
    return " | ".join(each for each in (found, ended.reason if ended else "") if each)


def _end(viewer: Viewer) -> None:
    """End the host, should the case have come to no end."""
    host = viewer.host_pid()
    if host:
        with suppress(ProcessLookupError):
            os.kill(host, 15)


def cases(ways: tuple[Way, ...], hows: tuple[How, ...]) -> list[Case]:
    """Every step of every way, broken in every manner."""
    return [
        Case(way=way, step=step, how=how)
        for way in ways
        for step in scripts(way)
        for how in hows
    ]


def main() -> int:
    """Go through the cases; 1 where one ends badly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", action="append", choices=[w.name for w in WAYS])
    parser.add_argument("--how", action="append", choices=HOWS)
    parser.add_argument("--step", action="append")
    parser.add_argument("--environment", default="production")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    ways = tuple(w for w in WAYS if not options.path or w.name in options.path)
    found = [
        Case(way=c.way, step=c.step, how=c.how, environment=options.environment)
        for c in cases(ways, tuple(options.how or HOWS))
        if not options.step or c.step in options.step
    ]
    with state_of_its_own() as folder:
        came = asyncio.run(_all(found, folder, options.jobs))
    broke = [each for each in came if each.broke]
    up = [each for each in broke if not each.left]
    bad = [each for each in broke if not each.is_good]
    print(
        f"{len(came)} cases; in {len(broke)} the step was come to and broke: "
        f"{len(up)} ended up, {len(broke) - len(up) - len(bad)} say what they are, "
        f"{len(bad)} say nothing"
    )
    return 1 if bad else 0


async def _all(found: list[Case], folder: Path, jobs: int) -> list[Came]:
    room = asyncio.Semaphore(jobs)

    async def one(number: int, case: Case) -> Came:
        async with room:
            own = folder / str(number)
            own.mkdir()
            came = await come(case, own)
            state = "up" if not came.left else "; ".join(came.left)
            mark = "-" if not came.broke else "ok" if came.is_good else "BAD"
            print(f"{mark:3} {case.name}: {state}: {came.outcome}: {came.words[:300]}")
            sys.stdout.flush()
            return came

    return list(await asyncio.gather(*(one(n, c) for n, c in enumerate(found))))


if __name__ == "__main__":
    sys.exit(main())
