"""Replaces declared secrets in output before it is written."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    Bytes = bytes | memoryview


REDACTED = b"[redacted]"
MAX_STEPS_BACK = 1000
"""How many overlapping secrets are stepped over, at most, to find a place to cut."""


class StreamRedactor:
    """Replaces declared secrets in one stream, wherever reads split them.

    What could be the beginning of a secret is held back until it is decided; nothing
    else is delayed.
    """

    def __init__(self, secrets: "tuple[bytes, ...]") -> None:
        self.secrets: list[bytes] = []
        self._held_back = b""
        self.add(secrets)

    def add(self, secrets: "tuple[bytes, ...]") -> None:
        """Replace more secrets from now on, also in what is held back."""
        known = dict.fromkeys((*self.secrets, *(s for s in secrets if s)))
        self.secrets = sorted(known, key=len, reverse=True)

    def feed(self, data: "Bytes") -> "Bytes":
        """The part of the stream that may be written after these bytes came."""
        if not self.secrets:
            return data
        whole = self._held_back + data
        cut = len(whole) - max(
            started_secret_length(whole, secret) for secret in self.secrets
        )
        cut = self._safe_cut(whole, cut)
        self._held_back = whole[cut:]
        return self._redact(whole[:cut])

    def _redact(self, data: bytes) -> bytes:
        for secret in self.secrets:
            if secret in data:
                data = data.replace(secret, REDACTED)
        return data

    def _safe_cut(self, data: bytes, cut: int) -> int:
        """The last place at or before `cut` that is inside no secret.

        After `MAX_STEPS_BACK` it gives up, as in a flood of one repeated character that
        is a secret: the cut is inside one then, and its rest is redacted with the next.
        """
        for _ in range(MAX_STEPS_BACK):
            before = cut
            for secret in self.secrets:
                place = data.find(secret, max(0, cut - len(secret) + 1))
                if 0 <= place < cut < place + len(secret):
                    cut = place
            if cut == before:
                break
        return cut

    def flush(self) -> bytes:
        """The rest that was held back, at the end of the stream."""
        held, self._held_back = self._held_back, b""
        return self._redact(held)


def started_secret_length(data: bytes, secret: bytes) -> int:
    """The length of the longest suffix of `data` that is a prefix of the secret."""
    first = secret[:1]
    place = data.find(first, max(0, len(data) - len(secret) + 1))
    while place >= 0:
        if secret.startswith(data[place:]):
            return len(data) - place
        place = data.find(first, place + 1)
    return 0
