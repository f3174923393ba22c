"""Events of a second person's approval. Pure."""

from __future__ import annotations

from typing import get_args

from mobius_tui.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalAsked:
    """Somebody asked for the approval of an attempt at a step."""

    step: str
    attempt: int
    """The attempt that it is for, and no other."""
    role: str
    count: int
    """How many must approve."""
    within: float
    """Seconds after which it is denied; after each approval they begin anew."""
    binding: str
    """Digest of the step and of every value that it reads; see `binding_digest`."""
    uid: int
    """Whose process asked, as the kernel says; the host's own for `--auto`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalGiven:
    """A second person approved the attempt."""

    step: str
    attempt: int
    binding: str
    """Digest of the step and the values that the approver was shown."""
    name: str
    uid: int
    """The user of the process that approved, by the kernel; -1 for a drill's approver.
    """
    weaker: bool = False
    """Whether it was given from the login that asked: then only a typed name says that
    it was another person."""
    place: str = ""
    """The approver's terminal, as the system knows it: `pts/3 from 10.0.0.7`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalDenied:
    """The request ended without approval: somebody denied it, or it expired."""

    step: str
    attempt: int
    reason: str
    uid: int | None = None
    """The user of the process that denied it; `None` where it expired."""
    place: str = ""
    """The terminal of whoever denied it."""


ApprovalEvent = ApprovalAsked | ApprovalGiven | ApprovalDenied
APPROVAL_EVENTS: tuple[type[ApprovalEvent], ...] = get_args(ApprovalEvent)
