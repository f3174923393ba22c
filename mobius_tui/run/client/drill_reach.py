"""What a drill's runbook reaches beyond the drill's own site, before it begins. Pure.

A runbook that is written for the site stays on it. Any other runs as it is written:
what leaves the site in it is named, as far as it can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.runbook.library.site_runbooks import stays_on_site
from mobius_tui.runbook.model.actions import Choose, Run
from mobius_tui.runbook.model.check_kinds import (
    Check,
    DnsCheck,
    PortCheck,
    RunCheck,
    ServiceCheck,
    TlsCheck,
)
from mobius_tui.runbook.model.runbook import Step, Variable
from mobius_tui.runbook.model.templates import texts_in
from mobius_tui.runbook.script_rules.script_reach import (
    SURROUNDING_NAMES,
    Surroundings,
    address_reach,
    script_reach,
    text_reach,
)
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK
from mobius_tui.runbook.text.template_text import fill
from mobius_tui.sanitize import line

HARMLESS_TEXT = "a rehearsal on a site of its own; nothing real is touched"
"""What a drill is whose runbook cannot leave the site."""
AS_WRITTEN_TEXT = "a rehearsal on a site of its own, but it runs as it is written"
"""What a drill is whose runbook can."""
CONFINED_TEXT = (
    "a rehearsal, confined: it writes to its site alone, and reaches no machine"
)
"""What a drill is that is kept from it."""
LINES_SHOWN = 6
"""Parts of a runbook that a briefing names; a refusal and `--dry-run` name all."""
_ADDRESS = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}", re.ASCII)
_SHOWN = 3
"""Things that are named of one step."""


class Reach(Struct, frozen=True, kw_only=True):
    """What one part of a runbook reaches beyond the site."""

    part: str
    """The number and title of a step, or the name of a probe or variable."""
    things: tuple[str, ...]
    """Paths, addresses, programs, and what cannot be read."""

    @property
    def words(self) -> str:
        """In one line."""
        more = len(self.things) - _SHOWN
        shown = ", ".join(self.things[:_SHOWN]) + (f" and {more} more" * (more > 0))
        return line(f"{self.part}: {shown}")


def runs_as_written(briefing: Briefing) -> bool:
    """Whether it is a drill on the program's own site that can leave that.

    That is so unless the drill is confined, or its runbook is one that is written for
    the site, whatever it is called, and nothing given to it leads elsewhere. A drill on
    a team's own staging has no site to leave.
    """
    on_own_site = briefing.mode is Mode.DRILL and briefing.site_addresses
    if not on_own_site or briefing.confined:
        return False
    if not stays_on_site(briefing.runbook.sources):
        return True
    return any(_given_values(briefing, _surroundings(briefing)))


def drill_reach(briefing: Briefing) -> tuple[Reach, ...]:
    """What a drill's runbook names beyond its site, part by part, in its order."""
    around = _surroundings(briefing)
    found = list(_given_values(briefing, around))
    if not stays_on_site(briefing.runbook.sources):
        found += _parts(briefing, around)
    return tuple(found)


def drill_description(briefing: Briefing) -> str:
    """What a drill on the program's own site is: what it can reach."""
    if briefing.confined:
        return CONFINED_TEXT
    words = AS_WRITTEN_TEXT if runs_as_written(briefing) else HARMLESS_TEXT
    return words + "; --send: its messages are real" * briefing.sends_to_channels


def reach_lines(briefing: Briefing, most: int = LINES_SHOWN) -> tuple[str, ...]:
    """What a drill names beyond its site, for a person.

    Args:
        briefing: the drill's; of what cannot leave, and of any other run, nothing is
            named, unless it is confined.
        most: parts that are named.
    """
    found = drill_reach(briefing) if briefing.confined else ()
    if runs_as_written(briefing):
        found = drill_reach(briefing)
    elif not found:
        return ()
    more = len(found) - most
    rest = (f"and {more} more parts; --dry-run lists them",) if more > 0 else ()
    return (reach_summary(found), *(each.words for each in found[:most]), *rest)


def reach_summary(found: Iterable[Reach]) -> str:
    """How many parts reach beyond the site, in words."""
    count = len(tuple(found))
    if not count:
        return "nothing in it is seen to leave the site"
    parts = "1 part of it leaves" if count == 1 else f"{count} parts of it leave"
    return f"{parts} the site, or cannot be read"


def _surroundings(briefing: Briefing) -> Surroundings:
    is_own_site = bool(briefing.site_addresses)
    return Surroundings(
        folder=str(briefing.site if is_own_site else briefing.workdir),
        addresses=briefing.site_addresses,
        programs=briefing.site_programs,
        home_is_inside=is_own_site,
        values={
            **({"HOME": f"{briefing.site}/home"} if is_own_site else {}),
            **{name: value for name, (value, _) in briefing.values.items()},
        },
        files=briefing.runbook.files,
    )


def _given_values(briefing: Briefing, around: Surroundings) -> Iterator[Reach]:
    """Values that lead elsewhere; defaults are a part of the runbook."""
    for name, (value, source) in briefing.values.items():
        if source == "default":
            continue
        things = tuple(dict.fromkeys(text_reach(value, around)))
        if _ADDRESS.fullmatch(value):
            things = tuple(address_reach(value, around))
        if things:
            yield Reach(part=name, things=things)


def _parts(briefing: Briefing, around: Surroundings) -> Iterator[Reach]:
    plan = briefing.plan
    runbook = plan.runbook
    for variable in runbook.variables.values():
        yield from _reach(f"${variable.name}", _of_variable(variable, around))
    for probe in runbook.probes():
        parts = [probe.url] if probe.check is None else []
        things = [*_of_texts(parts, around)]
        if probe.check is not None:
            things += _of_check(probe.check, around)
        yield from _reach(f"probe {probe.title or probe.id}", things)
    for step in runbook.steps():
        yield from _reach(plan.name(step.id), _of_step(briefing, step, around))


def _reach(part: str, things: Iterable[str]) -> Iterator[Reach]:
    each = tuple(dict.fromkeys(things))
    if each:
        yield Reach(part=part, things=each)


def _of_variable(variable: Variable, around: Surroundings) -> Iterator[str]:
    if variable.from_run:
        yield from script_reach(variable.from_run, around)
    yield from text_reach(variable.from_file, around)


def _of_step(briefing: Briefing, step: Step, around: Surroundings) -> Iterator[str]:
    env = {name: _filled(text, around.values) for name, text in step.env.items()}
    own = Surroundings(
        folder=around.folder,
        addresses=around.addresses,
        programs=around.programs,
        home_is_inside=around.home_is_inside,
        values={**around.values, **env},
        files=around.files,
    )
    yield from (f"{name}, which it sets" for name in SURROUNDING_NAMES & env.keys())
    if step.rollout is not None and not briefing.host_sites:
        yield f"hosts of {step.rollout.target}"
    action = step.action
    if isinstance(action, Run):
        if action.playbook:
            yield f"the playbook {action.playbook}"
        else:
            yield from script_reach(action.script, own, shell=action.shell)
    elif isinstance(action, Choose) and action.from_run:
        yield from script_reach(action.from_run, own)
    if step.for_each is not None and step.for_each.command is not None:
        command = step.for_each.command
        yield from script_reach(command.script, own, shell=command.shell)
    for check in (*step.when_checks, *step.checks):
        yield from _of_check(check, own)


def _of_check(check: Check, around: Surroundings) -> Iterator[str]:
    if isinstance(check, RunCheck):
        yield from script_reach(check.script, around, shell=check.shell)
        return
    if isinstance(check, ServiceCheck):
        return  # the site's own systemctl is asked
    if isinstance(check, DnsCheck):
        yield f"DNS, for {check.name}"
    if isinstance(check, PortCheck | TlsCheck):
        yield from address_reach(_filled(check.at, around.values), around)
    yield from _of_texts(texts_in(check), around)


def _of_texts(texts: Iterable[str], around: Surroundings) -> Iterator[str]:
    for text in texts:
        yield from text_reach(_filled(text, around.values), around)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return fill(text, lambda name: values.get(name, EXPANSION_MARK))
