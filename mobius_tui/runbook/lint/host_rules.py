"""Rules about steps that run on many hosts."""

from __future__ import annotations

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.decode.decode_checks import check_paths
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.keys import HOST_SHARE_PATTERN
from mobius_tui.runbook.model.runbook import Runbook, Step, step_of_probe
from mobius_tui.runbook.model.targets import (
    MAX_FOLLOWED,
    MAX_WATCHED_HOSTS,
    HostRollout,
    Target,
    cut_into_batches,
    named_hosts,
    share_or_count,
)
from mobius_tui.runbook.text.host_patterns import BadHostError
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.text.template_text import fill
from mobius_tui.runbook.toml.problem import LintRule
from mobius_tui.runbook.toml.table_reader import TomlTable

_HOSTS = "[targets.web]\nhosts = ['web-[1:20]']\n"
_STEP = "format = 2\n[[step]]\ntitle = 'S'\nhosts = 'web'\ntimeout = '1m'\n"
_CHANGE = (
    "effect = 'change'\nrun = 'systemctl restart api'\nundo = 'none: it restarts'\n"
)
_PLACE = _STEP.replace("[[", "environment = 'env'\n[var.env]\n[[", 1)
_DESTROY = (
    "effect = 'destroy'\nrun = 'rm -rf /srv/old'\nundo = 'none: it is gone'\n"
    "check.run = { script = 'test ! -e /srv/old', on = 'host' }\n"
)

DESTROY_AT_ONCE = LintRule(
    code="destroy-at-once",
    title="a step that destroys on several hosts, and no `batch`",
    reason="What is wrong with it is seen when it has happened on all of them.",
    remedy='one host first: `batch = ["1", "25%", "100%"]`',
    bad=f"{_PLACE}{_DESTROY}{_HOSTS}",
    good=f"{_PLACE}{_DESTROY}batch = ['1', '100%']\n{_HOSTS}",
)
TOLERANT_CANARY = LintRule(
    code="tolerant-canary",
    title="a `max_failed` that lets the whole first batch fail",
    reason="The first batch is there to be looked at: if it fails as a whole, the "
    "others begin all the same.",
    remedy="a `max_failed` below the size of the first batch, or a larger batch",
    bad=f"{_STEP}{_CHANGE}batch = ['2', '100%']\nmax_failed = '2'\n{_HOSTS}",
    good=f"{_STEP}{_CHANGE}batch = ['3', '100%']\nmax_failed = '2'\n{_HOSTS}",
)
SKIPPED_UNCHECKED = LintRule(
    code="skipped-unchecked",
    title='`on_unreachable = "skip"`, and no check after it',
    reason="A host that is skipped keeps what was to be changed, and when it is back "
    "it serves that: only a check finds it.",
    remedy="a check on the step or on a later one of its phase",
    bad=f"{_STEP}{_CHANGE}on_unreachable = 'skip'\n{_HOSTS}",
    good=f"{_STEP}{_CHANGE}on_unreachable = 'skip'\n"
    f"check.http = 'http://localhost/health'\n{_HOSTS}",
)
UNUSED_TARGET = LintRule(
    code="unused-target",
    title="a target that no step and no probe uses",
    reason="Most often its name is misspelt where it should be used, and that step "
    "runs on other hosts.",
    remedy='`hosts = "NAME"` on a step or a probe, or take it out',
    bad=f"{_STEP}{_CHANGE}{_HOSTS}[targets.db]\nhosts = ['db-1']",
    good=f"{_STEP}{_CHANGE}{_HOSTS}",
)


def lint_hosts(draft: RunbookDraft) -> None:
    """Report the errors of steps on hosts.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    for step in draft.runbook.steps():
        table = draft.table_of("step", step.id)
        if step.rollout is None:
            _report_stray_checks(step, table)
            continue
        name = step.rollout.target
        target = _target_named(draft, name, table)
        health = draft.runbook.health
        if step.rollout.between.healthy and (health is None or not health.probes):
            words = "`healthy` wants a [health] with probes: no data is not well"
            table.report(words, "between", "healthy")
        if target is not None and target.ssh_config and step.rollout.engine != "ssh":
            words = f"`{name}` has an `ssh_config`, which Ansible does not read: say it"
            table.report(f"{words} in ansible.cfg, with a target of its own", "hosts")
        follows = isinstance(step.action, Run) and step.action.follow
        hosts = () if target is None else known_hosts(target)
        if follows and len(hosts) > MAX_FOLLOWED:
            words = f"{len(hosts)} hosts; a step with `follow` has {MAX_FOLLOWED}"
            table.report(f"`{name}` has {words} at most", "follow")
    for probe in draft.runbook.probes():
        _report_stray_checks(step_of_probe(probe), draft.table_of("probe", probe.id))
    _lint_host_probes(draft)


def _target_named(draft: RunbookDraft, name: str, table: TomlTable) -> Target | None:
    """The target that `hosts` of a table names; reported if there is none."""
    target = draft.runbook.targets.get(name)
    if target is None and name.strip():
        near = did_you_mean(name, draft.runbook.targets)
        there = near or "; [targets.NAME] says which hosts it has"
        table.report(f"no target `{name}`{there}", "hosts")
    return target


def _lint_host_probes(draft: RunbookDraft) -> None:
    """Report probes of targets that are not there, or that have too many hosts."""
    counted: dict[str, int] = {}
    for probe in draft.runbook.probes():
        if not probe.hosts:
            continue
        table = draft.table_of("probe", probe.id)
        target = _target_named(draft, probe.hosts, table)
        if target is None or probe.hosts in counted:
            continue
        counted[probe.hosts] = len(known_hosts(target))
        if sum(counted.values()) > MAX_WATCHED_HOSTS:
            words = f"probes look at {sum(counted.values())} hosts, those of "
            words += f"`{probe.hosts}` among them; {MAX_WATCHED_HOSTS} are the most"
            table.report(f"{words}: name a target that is smaller", "hosts")


def known_hosts(target: Target) -> tuple[str, ...]:
    """The hosts of a target, as far as the runbook alone names them."""
    if target.inventory:
        return ()
    try:
        return named_hosts(target)
    except BadHostError:
        return ()


def _report_stray_checks(step: Step, table: TomlTable) -> None:
    """Report checks that would run on hosts, where there are none."""
    for check, path in zip(step.checks, check_paths(table), strict=False):
        if isinstance(check, RunCheck) and check.on_host:
            words = '`on = "host"` is for a step with `hosts`'
            table.report(words, *path, "on")


def warn_hosts(draft: RunbookDraft) -> None:
    """Warn of risky rollouts, skipped hosts without a check, and unused targets."""
    used = {probe.hosts for probe in draft.runbook.probes()}
    for phase in draft.runbook.phases:
        for index, step in enumerate(phase.steps):
            if step.rollout is None:
                continue
            used.add(step.rollout.target)
            is_verified = any(each.checks for each in phase.steps[index:])
            _warn_of_step(draft, step, step.rollout, is_verified=is_verified)
    for name in draft.runbook.targets:
        table = draft.table_of("target", name)
        if name not in used and table.document is draft.root.document:
            table.warn(UNUSED_TARGET.code, f"nothing uses the target `{name}`")


def _most_failed(runbook: Runbook, rollout: HostRollout, of: int) -> int:
    """How many of so many hosts may fail, where variables have their defaults."""

    def default(name: str) -> str:
        variable = runbook.variables.get(name)
        return (variable.default or "") if variable is not None else ""

    share = fill(rollout.max_failed, default)
    return share_or_count(share, of) if HOST_SHARE_PATTERN.fullmatch(share) else 0


def _warn_of_step(
    draft: RunbookDraft, step: Step, rollout: HostRollout, *, is_verified: bool
) -> None:
    table, target = (
        draft.table_of("step", step.id),
        draft.runbook.targets.get(rollout.target),
    )
    hosts = known_hosts(target) if target is not None else ()
    destroys = isinstance(step.action, Run) and step.action.effect == "destroy"
    if destroys and not rollout.has_batches and len(hosts) != 1:
        words = "this destroys on all hosts at once, without a `batch`"
        table.warn(DESTROY_AT_ONCE.code, words, "hosts")
    if target is not None and len(hosts) > 1 and rollout.has_batches:
        first = len(cut_into_batches(rollout.batch, hosts, target.first)[0])
        tolerated = _most_failed(draft.runbook, rollout, len(hosts))
        if tolerated >= first:
            words = f"{tolerated} may fail, and the first batch has {first}"
            table.warn(TOLERANT_CANARY.code, words, "max_failed")
    if rollout.on_unreachable == "skip" and not is_verified:
        words = "hosts are skipped here, and no check finds them later"
        table.warn(SKIPPED_UNCHECKED.code, words, "on_unreachable")
