"""What is journaled of a second person's approval. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalAsked:
    """Somebody wants to begin a step that wants approval."""

    step: str
    attempt: int
    """The attempt that it is for, and no other."""
    role: str
    count: int
    """How many must approve."""
    within: float
    """Seconds after which it is denied; after each approval they begin anew."""
    binding: str
    """Digest of the step and of every value that it reads; see `approvals.binding`."""
    uid: int
    """Whose process asked, as the kernel says; the host's own for `--auto`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalGiven:
    """Somebody else approves."""

    step: str
    attempt: int
    binding: str
    """What they were shown."""
    name: str
    uid: int
    """Whose process it came from, as the kernel says; -1 for a drill's approver."""
    weaker: bool = False
    """Whether it came from the login that asked: then only a typed name says that it
    was somebody else."""
    place: str = ""
    """Where they sat, as the system says: `pts/3 from 10.0.0.7`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalDenied:
    """It is not approved: somebody said no, or the time for it is over."""

    step: str
    attempt: int
    reason: str
    uid: int | None = None
    """Whose process said no; `None` where time did."""
    place: str = ""
    """Where they sat, as for who approves."""


ApprovalEvent = ApprovalAsked | ApprovalGiven | ApprovalDenied
APPROVAL_EVENTS: tuple[type[ApprovalEvent], ...] = (
    ApprovalAsked,
    ApprovalGiven,
    ApprovalDenied,
)
