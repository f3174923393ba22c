"""Several faults in one drill: which go together, and what is answered then."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping, Sequence

from mobius_tui.drill.faults import FAULTS, Fault
from mobius_tui.drill.faults.fleet_faults import FLEET_FAULTS
from mobius_tui.drill.site.site_files import SiteKind
from mobius_tui.errors import UsageError
from mobius_tui.run.intents.unattended_answers import (
    UnattendedAnswers,
    read_answers_file,
)
from mobius_tui.runbook.text.names import did_you_mean

DEFAULT_FAULT = "bad-release"
"""The reason to roll back where only obstacles were named."""
NEWEST_BACKUP_FAULTS = frozenset({"corrupt-backup", "missing-checksum"})
"""Faults of the newest backup that exclude each other: without its checksum nobody sees
the damage.
"""
ROLLBACK_SCRIPT_FAULTS = frozenset(
    {"rollback-fails", "half-restored", "prompting-script"}
)
"""Each gives the rollback script another text: the last one would be the only one."""
LOGIN_FAULTS = frozenset({"host-down", "host-silent", "slow-host", "line-lost"})
"""Each gives one host another login: the last one would be the only one.

That host is the one that goes last in a fleet.
"""


def combine_faults(
    names: Sequence[str], known: Mapping[str, Fault] = FAULTS
) -> tuple[Fault, ...]:
    """The faults of a drill: first the reason to act, then what is in the way.

    Args:
        names: what `--fault` named. Obstacles alone are given a reason to roll back.
        known: the faults that there are, of one site or of a fleet.

    Raises:
        UsageError: there is no such fault, or they make no sense together.
    """
    for name in names:
        if name in FLEET_FAULTS and name not in known:
            raise UsageError(
                f"--fault {name}: it breaks one of several hosts, and there is one "
                "site; drill a runbook with hosts, such as by --hosts 5"
            )
        if name not in known:
            near = did_you_mean(name, known)
            listed = ", ".join(known)
            raise UsageError(
                f"--fault {name}: there is no such fault{near}; there are {listed}"
            )
    chosen = tuple(known[name] for name in dict.fromkeys(names))
    causes = [fault for fault in chosen if fault.role == "cause"]
    obstacles = [fault for fault in chosen if fault.role == "obstacle"]
    if len(causes) > 1:
        raise UsageError(
            f"--fault {causes[0].name} --fault {causes[1].name}: whoever repairs one "
            "cannot tell the other from it; name one of them, and what is in the way "
            f"of it: {', '.join(n for n, f in known.items() if f.role == 'obstacle')}"
        )
    if {fault.name for fault in obstacles} >= NEWEST_BACKUP_FAULTS:
        raise UsageError(
            f"--fault {' --fault '.join(sorted(NEWEST_BACKUP_FAULTS))}: both are about "
            "the newest backup, and without its checksum nobody sees that it is damaged"
        )
    scripts = [
        fault.name for fault in obstacles if fault.name in ROLLBACK_SCRIPT_FAULTS
    ]
    if len(scripts) > 1:
        raise UsageError(
            f"--fault {' --fault '.join(scripts)}: each breaks the rollback script in "
            "a way of its own; name one of them"
        )
    logins = [fault.name for fault in obstacles if fault.name in LOGIN_FAULTS]
    if len(logins) > 1:
        raise UsageError(
            f"--fault {' --fault '.join(logins)}: each breaks the login of the last "
            "host in a way of its own; name one of them"
        )
    if causes and obstacles and not causes[0].is_handled_by_rollback:
        raise UsageError(
            f"--fault {causes[0].name} --fault {obstacles[0].name}: what repairs the "
            "first reads no backup, so the second would be in nobody's way"
        )
    return (*(causes or [known[DEFAULT_FAULT]]), *obstacles)


def random_fault(
    seed: int | None, known: Iterable[str] = FAULTS
) -> tuple[tuple[str, ...], int]:
    """A fault that nobody chose, and the seed that chooses it again.

    Args:
        seed: chooses it; `None` for a random one.
        known: the names of the faults to choose from.

    Returns:
        Its name, in a tuple of one as `combine_faults` takes it, and the seed.
    """
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    return (random.Random(seed).choice(tuple(known)),), seed  # noqa: S311 - no secret


def environment_of(faults: Sequence[Fault]) -> str:
    """The environment that a drill of these faults is about."""
    staging = any(fault.environment == "staging" for fault in faults)
    return "staging" if staging else "production"


def answers_for(
    faults: Sequence[Fault], kind: SiteKind = SiteKind.REAL
) -> UnattendedAnswers:
    """What a drill of these faults answers: the cause has the last word.

    Args:
        faults: the cause first.
        kind: of the site.
    """
    answers = [read_answers_file(fault.answers_on(kind)) for fault in reversed(faults)]
    within = [
        each.trigger_within for each in answers if each.trigger_within is not None
    ]
    return UnattendedAnswers(
        values={name: value for each in answers for name, value in each.values.items()},
        attended=tuple(
            dict.fromkeys(phase for each in answers for phase in each.attended)
        ),
        trigger_within=within[-1] if within else None,
    )
