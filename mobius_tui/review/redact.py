"""Texts of a run as they may be told: visible, and without what is secret. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mobius_tui.run.redaction import REDACTED, redact
from mobius_tui.runbook.prose.model import Prose
from mobius_tui.sanitize import SGR, clean, line

LONGEST = 4000
"""Characters of one text that are told."""
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@'\"]+:[^/\s@'\"]+(?=@)")
"""A name and a password in an address, such as `https://ana:secret@host`."""


class Redactor:
    """Takes out what is secret, and makes the rest visible."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Know what is secret.

        The host and the keepers have redacted what they wrote; this is for what they
        could not know of, and for whoever quotes a secret in a note.

        Args:
            secrets: values that whoever reads the run happens to know.
        """
        self._secrets = tuple(secrets)

    def line(self, text: str) -> str:
        """A text for one line."""
        return _clip(line(self._without(SGR.sub("", text))))

    def lines(self, text: str) -> str:
        """A text of several lines."""
        return clean(self._without(SGR.sub("", text)), newlines=True)

    def prose(self, prose: Prose) -> Prose:
        """A runbook's text, and the values in it."""
        values = tuple((name, self.lines(value)) for name, value in prose.values)
        return Prose(self.lines(prose.text), values)

    def _without(self, text: str) -> str:
        return _IN_ADDRESS.sub(REDACTED, redact(text, self._secrets))


def _clip(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
