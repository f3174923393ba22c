"""What is known before a run begins: values, problems, notices and inventory hosts."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field

from mobius_tui import sanitize
from mobius_tui.errors import UsageError
from mobius_tui.run.client.follow_up import add_run_facts
from mobius_tui.run.client.host_preflight import (
    host_notices,
    host_problems,
    hosts_without_site,
    named_hosts_by_target,
    playbooks_of,
    probes_of_too_many_hosts,
    steps_following_too_many_hosts,
    used_targets,
)
from mobius_tui.run.client.preflight import (
    missing_sources,
    preflight_problems,
    refuse_too_large_together,
    unset_variables,
)
from mobius_tui.run.client.runs_beside import RunBeside, runs_beside
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.messaging.channels import channel_notices
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.variables import (
    require_value,
    resolve_initial_values,
    validate_value,
)
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import StateVariable
from mobius_tui.run.storage.redaction import holds_secret, short_secret_notices
from mobius_tui.run.targets.resolve_targets import resolve_target
from mobius_tui.run.targets.resolved_hosts import ResolvedHosts
from mobius_tui.runbook.library.runbook_files import runs_in_current_folder
from mobius_tui.runbook.model.limits import limited_texts_by_variable
from mobius_tui.runbook.model.runbook import Runbook, Variable
from mobius_tui.runbook.model.targets import Target
from mobius_tui.runbook.model.value_kinds import stored_value
from mobius_tui.structs import replace


class Briefing(Struct, frozen=True, kw_only=True):
    """What is known before a run begins; making one leaves nothing behind."""

    runbook: Runbook
    mode: Mode
    profile: str | None
    workdir: Path
    values: Mapping[str, tuple[str, str]]
    """Name → (value, source), without secrets."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Values of the secrets that were found."""
    missing: tuple[Variable, ...] = ()
    """Variables that must be answered before the run begins."""
    problems: tuple[str, ...] = ()
    """What the checks before the run found wrong, in words."""
    notices: tuple[str, ...] = ()
    """What else to know, such as channels that nothing can be sent to."""
    search_path: str = ""
    """PATH for the run's steps."""
    home_and_tmpdir: Mapping[str, str] = field(default_factory=dict)
    """HOME and TMPDIR for the run's steps, where they are not the caller's."""
    site: str | None = None
    """The drill site's folder."""
    site_addresses: frozenset[str] = frozenset()
    """`host:port` of the services of the program's own site; empty for a staging."""
    site_programs: frozenset[str] = frozenset()
    """Names of the programs that others play on that site."""
    confined: bool = False
    """Whether the drill can write to nothing but its site, and reach no machine."""
    reserved_run: Path | None = None
    """The folder that was made for the run beforehand, as it could not be later."""
    sink: str | None = None
    """The URL for a drill's messages: each goes there with its channel's id appended.
    """
    sends_to_channels: bool = False
    """Whether a drill's messages go to the channels' own addresses."""
    hosts: Mapping[str, ResolvedHosts] = field(default_factory=dict)
    """The hosts of the targets of steps and probes, by target, as far as known."""
    limit: str = ""
    """The pattern that leaves only some of them; empty for all."""
    host_sites: Mapping[str, str] = field(default_factory=dict)
    """In a drill, the local folder that stands in for a host, by the host's name."""
    playbooks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By step, the digests of its playbook's files."""
    share: str | None = None
    """The group that may read and approve the run."""
    share_control: bool = False
    """Whether that group may act on it, too."""
    beside: tuple[RunBeside, ...] = ()
    """The open runs at the same hosts, or of the same runbook in the same folder."""
    although_running: bool = False
    """Whether it may run by itself beside one of them that a process runs."""

    def __repr__(self) -> str:
        """Without values: there are secrets among them."""
        return f"{type(self).__name__}({self.runbook.id})"

    @property
    def variables_asked(self) -> tuple[Variable, ...]:
        """The variables to ask a person for: missing ones, and defaults to confirm.

        A default is confirmed where the variable has `ask`, or a command lists values
        for it, and nothing else has given it a value.
        """
        return tuple(
            variable
            for variable in self.runbook.variables.values()
            if variable in self.missing
            or ((variable.ask or variable.is_listed) and self._is_default(variable))
        )

    def _is_default(self, variable: Variable) -> bool:
        if variable.default is None:
            return False
        if variable.secret:
            return self.secrets.get(variable.name) == variable.default
        return self.values.get(variable.name) == (variable.default, "default")

    @property
    def environment(self) -> str | None:
        """The value of the variable that names the environment."""
        name = self.runbook.environment
        if name is None or name not in self.values:
            return None
        return self.values[name][0]

    @property
    def plan(self) -> Plan:
        """A new plan of the run, with what is known before it begins in its titles."""
        plan = Plan(self.runbook)
        plan.catch_up(initial_run_state(self))
        return plan

    @property
    def protected(self) -> bool:
        """Whether destroying steps need the environment's name typed."""
        return self.environment in self.runbook.protected


def prepare_briefing(
    runbook: Runbook,
    *,
    given: Mapping[str, str],
    profile: str | None = None,
    workdir: Path | None = None,
    mode: Mode | None = None,
    site: str | None = None,
    search_path: str | None = None,
    sink: str | None = None,
    sends_to_channels: bool = False,
    home_and_tmpdir: Mapping[str, str] | None = None,
    limit: str = "",
    host_sites: Mapping[str, str] | None = None,
) -> Briefing:
    """Gather what a run would begin with; executes nothing.

    Args:
        runbook: what is to be run.
        given: values from the command line.
        profile: the name of a profile.
        workdir: where commands run; the runbook's own without it.
        mode: what the run is for; as the runbook says without it.
        site: the drill site's folder.
        search_path: PATH for the steps; the caller's own without it.
        sink: where a drill's messages go.
        sends_to_channels: whether a drill's messages go to the channels' own addresses.
        home_and_tmpdir: HOME and TMPDIR for the steps; the caller's own without them.
        limit: a pattern that leaves only some of the hosts; empty for all.
        host_sites: folders of this machine that play hosts, by their names.

    Raises:
        UsageError: a value, profile, directory or pattern is invalid.
    """
    values_given = add_run_facts(runbook, given)
    first = resolve_initial_values(
        runbook, given=values_given, profile=profile, environ=os.environ
    )
    place = workdir or default_workdir(runbook)
    search = os.environ.get("PATH", os.defpath) if search_path is None else search_path
    if workdir is not None and not place.is_dir():
        raise UsageError(f"--workdir {workdir}: there is no such directory")
    mode = mode or Mode(runbook.mode)
    quiet = mode is Mode.DRILL and not sends_to_channels
    known = {*first.values, *first.secrets}
    hosts = named_hosts_by_target(runbook, limit)
    given_names = known - {
        name for name, (_, source) in first.values.items() if source == "default"
    }
    is_real = mode is not Mode.DRILL and site is None and not host_sites
    beside = runs_beside(runbook, place, hosts) if is_real else ()
    return Briefing(
        runbook=runbook,
        mode=mode,
        profile=profile,
        beside=beside,
        workdir=place.resolve(),
        values=first.values,
        secrets=first.secrets,
        missing=first.missing,
        problems=(
            *unset_variables(runbook, known),
            *preflight_problems(runbook, place, search),
            *missing_sources(runbook, given_names, place.resolve(), search),
            *(() if host_sites else host_problems(runbook, search)),
            *hosts_without_site(hosts, host_sites or {}),
        ),
        notices=(
            *short_secret_notices(first.secrets),
            *(() if quiet else channel_notices(runbook, known)),
            *host_notices(runbook),
            *_beside_in_words(beside),
        ),
        search_path=search,
        home_and_tmpdir=dict(home_and_tmpdir or {}),
        site=site,
        sink=sink,
        sends_to_channels=sends_to_channels,
        hosts=hosts,
        limit=limit,
        host_sites=dict(host_sites or {}),
        playbooks=playbooks_of(runbook),
    )


def initial_run_state(briefing: Briefing) -> RunState:
    """The state in which the run would begin."""
    state = initial_state(briefing.runbook)
    state.variables = {
        name: StateVariable(text=value, source=source)
        for name, (value, source) in briefing.values.items()
    }
    for name in briefing.secrets:
        state.variables[name] = StateVariable(text=None, source="secret")
    return state


def default_workdir(runbook: Runbook) -> Path:
    """Where a runbook's commands run unless `--workdir` says otherwise."""
    base = Path.cwd() if runs_in_current_folder(runbook.path) else runbook.path.parent
    return base / runbook.workdir


def answer_briefing(briefing: Briefing, answers: Mapping[str, str]) -> Briefing:
    """A briefing with answers filled in.

    Raises:
        UsageError: a value cannot be, or one is still missing.
    """
    values, secrets = dict(briefing.values), dict(briefing.secrets)
    filled_in = limited_texts_by_variable(briefing.runbook)
    for name, typed in add_run_facts(briefing.runbook, answers).items():
        variable = briefing.runbook.variables.get(name)
        if variable is None:
            raise UsageError(f"{name}: this runbook has no such variable")
        value = stored_value(variable, typed)
        require_value(variable, value)
        validate_value(variable, value, filled_in.get(name, ()))
        if variable.secret:
            secrets[name] = value
        else:
            values[name] = (value, "answer")
    missing = tuple(
        v
        for v in briefing.missing
        if not (secrets.get(v.name) or values.get(v.name, ("",))[0])
    )
    if missing:
        names = ", ".join(f"{v.name} ({v.title or v.name})" for v in missing)
        raise UsageError(f"values are wanted for: {names}; give --var NAME=VALUE")
    for name, (value, _) in values.items():
        if holds_secret(value, secrets.values()):
            raise UsageError(
                f"{name}: this holds the value of a secret, and is kept; give another "
                "value, or a longer secret"
            )
    texts = {name: value for name, (value, _) in values.items()}
    refuse_too_large_together(briefing.runbook, {**texts, **secrets})
    return replace(briefing, values=values, secrets=secrets, missing=())


def refresh_briefing(briefing: Briefing, runbook: Runbook) -> Briefing:
    """What a run would begin with now.

    Args:
        briefing: what was known before; what was given for it holds.
        runbook: as it is now.

    Raises:
        UsageError: what was given does not fit it any more.
    """
    before = briefing.runbook
    values, secrets = briefing.values, briefing.secrets
    chosen = before.profiles.get(briefing.profile or "")
    profile = chosen.values if chosen is not None else {}
    given = {
        name: value
        for name, (value, source) in values.items()
        if source == "begin"
        and value != profile.get(name)
        and value != os.environ.get(before.variables[name].from_env or "")
    }
    anew = prepare_briefing(
        runbook,
        given=given,
        profile=briefing.profile,
        workdir=None
        if briefing.workdir == default_workdir(before).resolve()
        else briefing.workdir,
        mode=None if briefing.mode == before.mode else briefing.mode,
        site=briefing.site,
        search_path=briefing.search_path,
        sink=briefing.sink,
        sends_to_channels=briefing.sends_to_channels,
        home_and_tmpdir=briefing.home_and_tmpdir,
        limit=briefing.limit,
        host_sites=briefing.host_sites,
    )
    known = {name: secrets[name] for name in runbook.variables if name in secrets}
    missing = tuple(each for each in anew.missing if each.name not in known)
    read = {
        name: found
        for name, found in briefing.hosts.items()
        if runbook.targets.get(name) == before.targets.get(name)
    }
    return replace(
        anew,
        secrets={**anew.secrets, **known},
        missing=missing,
        hosts={**read, **anew.hosts},
        site_addresses=briefing.site_addresses,
        site_programs=briefing.site_programs,
        confined=briefing.confined,
        reserved_run=briefing.reserved_run,
        share=briefing.share,
        share_control=briefing.share_control,
        although_running=briefing.although_running,
    )


def has_unread_inventory(briefing: Briefing) -> bool:
    """Whether hosts are still to be read from an inventory."""
    targets = used_targets(briefing.runbook)
    return any(name not in briefing.hosts for name in targets)


async def with_inventories(briefing: Briefing, *, executes: bool) -> Briefing:
    """The briefing with the hosts of the inventories that steps and probes use.

    What cannot be read is one of its problems.

    Args:
        briefing: what is known.
        executes: whether an inventory that is a program may be run.
    """
    folder = briefing.runbook.path.parent
    env = {**os.environ, "PATH": briefing.search_path, **briefing.home_and_tmpdir}
    hosts, problems, notices = dict(briefing.hosts), [], []
    read = {}
    for name, target in used_targets(briefing.runbook).items():
        if name in hosts:
            continue
        try:
            if not executes and is_executable_inventory(target, folder):
                shown = sanitize.line(target.inventory)
                notices.append(f"the inventory {shown} is a program, which is not run")
                continue
            limit = briefing.runbook.limit_of(name, briefing.limit)
            read[name] = await resolve_target(
                target,
                folder,
                env,
                limit=limit,
                by_ssh=briefing.runbook.is_reached_by_ssh(name),
            )
        except UsageError as error:
            problems.append(str(error))
    beside = runs_beside(briefing.runbook, briefing.workdir, read)
    if briefing.mode is Mode.DRILL or briefing.host_sites:
        beside = ()
    known = {each.id for each in briefing.beside}
    beside = tuple(each for each in beside if each.id not in known)
    notices += _beside_in_words(beside)
    problems += hosts_without_site(read, briefing.host_sites)
    hosts |= read
    problems += steps_following_too_many_hosts(briefing.runbook, hosts)
    problems += probes_of_too_many_hosts(briefing.runbook, hosts)
    return replace(
        briefing,
        hosts=hosts,
        beside=(*briefing.beside, *beside),
        problems=(*briefing.problems, *problems),
        notices=(*briefing.notices, *notices),
    )


def _beside_in_words(beside: Iterable[RunBeside]) -> Iterator[str]:
    now = time.time()
    return (each.in_words(now) for each in beside)


def hosts_by_target(briefing: Briefing) -> Iterator[tuple[str, str]]:
    """Each target of steps and probes: its title, and its hosts in words.

    The second is `19 hosts: web-1, … and 9 more, in batches of 1, 25%, 100%`, or
    `of INVENTORY` while the hosts are not known; and where they have claims, if not in
    their homes.
    """
    for name, target in used_targets(briefing.runbook).items():
        found = briefing.hosts.get(name)
        words = f"of {target.inventory}" if found is None else found.named_in_words()
        rollouts = (step.rollout for step in briefing.runbook.steps())
        batches = dict.fromkeys(
            f"in batches of {', '.join(each.batch)}"
            for each in rollouts
            if each is not None and each.target == name and each.has_batches
        )
        words = ", ".join((words, *batches))
        if target.claims_in_words:
            words += f"; claims in {target.claims_in_words}"
        yield sanitize.line(target.title_or_name), sanitize.line(words)


def is_executable_inventory(target: Target, folder: Path) -> bool:
    """Whether an inventory is a program, or a folder in which there is one.

    Raises:
        UsageError: it cannot be looked at, as a folder that this user may not read.
    """
    place = folder / target.inventory
    try:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        return any(each.is_file() and os.access(each, os.X_OK) for each in files)
    except OSError as error:
        shown = sanitize.line(target.inventory)
        raise UsageError(f"the inventory {shown}: {error.strerror}") from error
