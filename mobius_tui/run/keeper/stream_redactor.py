"""Keeping declared secrets out of what is written."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    Bytes = bytes | memoryview


REDACTED = b"[redacted]"
MAX_STEPS_BACK = 1000
"""Secrets that overlap, at most, to go back over for a place to cut at."""


class StreamRedactor:
    """Replaces declared secrets in one stream, wherever reads split them.

    What could be the beginning of a secret is held back until it is decided; nothing
    else is delayed.
    """

    def __init__(self, secrets: "tuple[bytes, ...]") -> None:
        self.secrets = sorted((s for s in secrets if s), key=len, reverse=True)
        self._held_back = b""

    def feed(self, data: "Bytes") -> "Bytes":
        """What of the stream may be written after these bytes came.

        It is theirs, or what they are until the next ones come.
        """
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
        """A place to cut at that is in no secret; at or before the one given.

        Where a flood is nothing but a secret that repeats itself, as `aaaaaa`, there is
        none near: what is left of one then is a part of it.
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

    def end(self) -> bytes:
        """What was held back, at the end of the stream."""
        held, self._held_back = self._held_back, b""
        return self._redact(held)


def started_secret_length(data: bytes, secret: bytes) -> int:
    """The length of the longest end of `data` that begins `secret`."""
    first = secret[:1]
    place = data.find(first, max(0, len(data) - len(secret) + 1))
    while place >= 0:
        if secret.startswith(data[place:]):
            return len(data) - place
        place = data.find(first, place + 1)
    return 0
