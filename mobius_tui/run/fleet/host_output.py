"""The output of one host: a file here that is a copy of the one on the host.

Its size is the offset from which the host is asked to send, so after any crash nothing
is missing and nothing is there twice. For that, a secret is redacted by as many `*`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.host_names import path_part
from mobius_tui.run.keeper.stream_redactor import StreamRedactor
from mobius_tui.run.storage.safe_open import open_regular

HOSTS = "hosts"
"""The folder of hosts in an attempt's folder."""


class HostOutput:
    """The file, open to be continued; `close` it."""

    def __init__(self, path: Path, secrets: tuple[bytes, ...], limit: int) -> None:
        """Open the file, and make it and its folder where they are missing.

        Args:
            path: of the file.
            secrets: what is redacted, in each of its forms.
            limit: bytes that it may have; more is an error.

        Raises:
            OSError: it cannot be written, or is no regular file.
        """
        make_private_folder(path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        self._file = os.open(path, flags | os.O_CLOEXEC, 0o600)
        self._path, self._secrets, self._limit = path, secrets, limit
        self._boot = path.with_name("boot")
        status = os.fstat(self._file)
        if not stat.S_ISREG(status.st_mode):
            os.close(self._file)
            raise OSError(f"{path} is no regular file")
        self.size = status.st_size
        self._redactor = _SameLengthRedactor(secrets)

    def resume(self) -> int:
        """Drop bytes that were held back for redaction; returns the file's size."""
        self.size = os.fstat(self._file).st_size
        self._redactor = _SameLengthRedactor(self._secrets)
        return self.size

    def write(self, data: bytes) -> None:
        """Append what came from the host.

        Raises:
            OSError: it cannot be written.
            RunError: it is more than the limit.
        """
        self._append(bytes(self._redactor.feed(data)))

    @property
    def received(self) -> int:
        """Bytes that came, with those that are held back."""
        return self.size + self._redactor.held

    def finish(self) -> None:
        """Append what was held back, at the end of the output; raises as `write`."""
        self._append(self._redactor.flush())

    def sha256(self) -> str:
        """The digest of what is here; empty where it cannot be read."""
        try:
            with self._path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ""

    def note_boot(self, attempt: int, boot: str) -> None:
        """Write down in which boot of the host an attempt was claimed; durable.

        Raises:
            OSError: it cannot be written.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(self._boot, flags, 0o600)
        try:
            os.write(file, f"{attempt} {boot}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)

    def boot_of(self, attempt: int) -> str:
        """What `note_boot` wrote down of an attempt; empty where it did not."""
        try:
            with open_regular(self._boot) as file:
                text = file.read(1024).decode("ascii", "replace")
        except OSError:
            return ""
        number, _, boot = text.strip().partition(" ")
        return boot if number == str(attempt) else ""

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _append(self, data: bytes) -> None:
        room = self._limit - self.size
        rest = memoryview(data)[:room]
        while rest:
            written = os.write(self._file, rest)
            self.size += written
            rest = rest[written:]
        if len(data) > room:
            raise RunError("it sends more output than its limit")


def output_path(folder: Path, host: str) -> Path:
    """Where the output of a host is, in the folder of an attempt."""
    return folder / HOSTS / path_part(host) / "output"


def make_private_folder(path: Path) -> None:
    """Make a folder that nobody else can enter, where it is missing."""
    path.mkdir(mode=0o700, parents=False, exist_ok=True)


class _SameLengthRedactor(StreamRedactor):
    @property
    def held(self) -> int:
        """Bytes that may be the beginning of a secret."""
        return len(self._held_back)

    def _redact(self, data: bytes) -> bytes:
        for secret in self.secrets:
            data = data.replace(secret, b"*" * len(secret))
        return data
