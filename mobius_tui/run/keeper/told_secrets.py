"""Secrets that a keeper is told of while it runs."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mobius_tui.run.keeper.stream_redactor import StreamRedactor

TOLD_SEPARATOR = b"\0"
"""Between the texts of a datagram: no secret holds it."""
MAX_READ_BYTES = 1 << 20


class ToldSecrets:
    """The texts to redact: those of the spec, and those that came since.

    Whatever a script printed after the host had learnt a secret is read after that was
    told: so it is redacted as long as `take` is called between reading and writing.
    """

    def __init__(self, spec: "dict[str, Any]", socket: int) -> None:
        """Begin with those of the spec, to which the others are added.

        Args:
            spec: the keeper's.
            socket: the descriptor of the socket, which never blocks.
        """
        self.spec, self.socket = spec, socket
        self.redactors: list[StreamRedactor] = []
        """Each is told, too."""

    def take(self) -> None:
        """Take what has come."""
        while True:
            try:
                data = os.read(self.socket, MAX_READ_BYTES)
            except OSError:
                return
            texts = tuple(data.split(TOLD_SEPARATOR))
            self.spec["secrets"] += texts
            for each in self.redactors:
                each.add(texts)

    def close(self) -> None:
        """Be told no more, and leave nothing behind."""
        os.close(self.socket)
        try:
            os.unlink(self.spec["told"])
        except OSError:
            return
