"""What becomes of a field of an intent or an event that holds a secret. Pure."""

from __future__ import annotations

from enum import StrEnum, auto


class SecretRule(StrEnum):
    """What becomes of a field of an intent or an event that holds a secret."""

    KEPT = auto()
    """It is refused: redacted, it would be another value."""
    WORDS = auto()
    """It is redacted: it is for people to read."""
    ANSWERS = auto()
    """As `KEPT`, but for what is given to a secret variable, which is by name here: the
    host's memory alone gets that."""
    COMPARED = auto()
    """It stays: a word that was typed to be compared, and is neither kept nor shown."""
