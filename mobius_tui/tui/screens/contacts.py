"""Whom to call, and when."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from mobius_tui.runbook.model import Contact
from mobius_tui.tui.screens.dialog import Dialog, fields_widget, words_widget
from mobius_tui.tui.whom import contact_fields


class ContactsDialog(Dialog[None]):
    """Shows them."""

    ASKS = False

    def __init__(self, contacts: tuple[Contact, ...]) -> None:
        super().__init__("Whom to call")
        self._contacts = contacts

    def compose_body(self) -> Iterable[Widget]:
        """Handle, role and reason."""
        if self._contacts:
            yield fields_widget(contact_fields(self._contacts))
        else:
            yield words_widget("This runbook names nobody.", "muted")
