"""Whom to call, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.runbook.model import Contact, Step
from mobius_tui.tui.commands import key_of
from mobius_tui.tui.field import Field
from mobius_tui.tui.theme import Role, assemble, text


def contact_fields(contacts: tuple[Contact, ...]) -> tuple[Field, ...]:
    """A line for each contact."""
    width = max((len(contact.handle) for contact in contacts), default=0)
    return tuple(
        Field("call" if number == 0 else "", assemble(*_words(contact, width)))
        for number, contact in enumerate(contacts)
    )


def role_fields(contacts: tuple[Contact, ...], step: Step) -> Iterator[Field]:
    """Whose job a step is, and how they are reached."""
    if step.role is None:
        return
    contact = next((each for each in contacts if each.role == step.role), None)
    if contact is None:
        yield Field("role", text(step.role))
    else:
        yield Field("role", assemble(*_words(contact)))


def escalation_fields(contacts: tuple[Contact, ...], step: Step) -> Iterator[Field]:
    """Whom to call when a step went wrong: whose job it is, or the first contact."""
    own = [each for each in contacts if each.role == step.role]
    for contact in (*own, *contacts)[:1]:
        more = f"  {key_of('contacts')} all" if key_of("contacts") else ""
        yield Field("call", assemble(*_words(contact), (more, "muted")))


def _words(contact: Contact, width: int = 0) -> Iterator[tuple[str, Role]]:
    yield f"{contact.handle:<{width}}  ", "key"
    yield contact.role, "plain"
    if contact.for_:
        yield f"  {contact.for_}", "muted"
