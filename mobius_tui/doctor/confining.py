"""Examines whether drills can be confined, by confining a program that does nothing."""

from __future__ import annotations

from mobius_tui.confinement.call_filter import can_filter
from mobius_tui.confinement.launch import enclosing_way
from mobius_tui.doctor.finding import Finding

CONFINING_SUBJECT = "confined"


def confining_finding() -> Finding:
    """Examine whether a drill can be kept from all that is not its site."""
    way, why = enclosing_way()
    if way is None:
        return Finding(
            about=CONFINING_SUBJECT,
            verdict="note",
            words=f"`drill --confined` does not work here: {why}",
            remedy="install bubblewrap; or Linux 5.12, and user namespaces allowed",
        )
    words = f"`drill --confined` works, by {way}"
    if not can_filter():
        words += "; what is refused is not known on this processor"
    return Finding(about=CONFINING_SUBJECT, verdict="ok", words=words)
