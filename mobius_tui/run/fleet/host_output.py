"""The output of one host: a file here that is a copy of the one on the host.

Its size is the offset from which the host is asked to go on, so after any crash nothing
is missing and nothing is there twice. So a secret is redacted by as many `*` as it has
bytes. Beside it `spans` says when they came, in the form that a keeper writes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.transport import name_as_path_part
from mobius_tui.run.keeper.output_writer import (
    SPAN_JOIN_NS,
    SPAN_SIZE,
    decode_span,
    encode_span,
    run_clock,
)
from mobius_tui.run.keeper.stream_redactor import StreamRedactor
from mobius_tui.run.storage.safe_open import open_regular

HOSTS_FOLDER_NAME = "hosts"
"""The folder of hosts in an attempt's folder."""
_STREAM = 1
"""What a host shows is one stream."""


class HostSpans:
    """The `spans` file of a host's output, which says when its bytes came.

    Open to append.

    It is written after the output. Records of bytes that the output does not have,
    which a crash can leave, are removed when it is opened. `close` it.
    """

    def __init__(self, path: Path, size: int, *, join_ns: int = SPAN_JOIN_NS) -> None:
        """Open it, and make it where it is missing; its folder is there.

        Args:
            path: of the output.
            size: bytes that the output has.
            join_ns: nanoseconds in which what comes shares a record.

        Raises:
            OSError: it cannot be written, or is no regular file.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        self._file = _open_private(spans_path(path), flags)
        self._join = join_ns
        count = os.fstat(self._file).st_size // SPAN_SIZE
        while count and self._record(count - 1)[0] >= size:
            count -= 1
        os.ftruncate(self._file, count * SPAN_SIZE)
        self._count = count
        self._last: tuple[int, int, int, int] | None = None
        self.end = 0
        """The first byte of the output of which it says nothing."""
        if count:
            offset, length, stream, at = self._record(count - 1)
            self._write(count - 1, offset, min(length, size - offset), stream, at)

    def add(self, end: int, at: int, begin: int = 0) -> None:
        """Record when the bytes up to an end came; those on record keep their time.

        Args:
            end: the first byte that did not come then.
            at: nanoseconds since 1970; what came later has no earlier time.
            begin: the first byte that did.

        Raises:
            OSError: it cannot be written.
        """
        begin = max(begin, self.end)
        if end <= begin:
            return
        last = self._last
        at = max(at, 0 if last is None else last[3])
        if last is not None and begin == self.end and at - last[3] < self._join:
            self._write(self._count - 1, last[0], end - last[0], _STREAM, last[3])
        else:
            self._write(self._count, begin, end - begin, _STREAM, at)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(
        self, number: int, offset: int, length: int, stream: int, at: int
    ) -> None:
        """Write the last record anew, or the one that is the last from now on."""
        record = encode_span(offset, length, stream, at)
        if os.pwrite(self._file, record, number * SPAN_SIZE) < SPAN_SIZE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._count = number + 1
        self._last, self.end = (offset, length, stream, at), offset + length

    def _record(self, number: int) -> tuple[int, int, int, int]:
        return decode_span(os.pread(self._file, SPAN_SIZE, number * SPAN_SIZE))


class HostOutput:
    """The output file of one host, and its `spans`, open to append; `close` it."""

    def __init__(
        self,
        path: Path,
        secrets: tuple[bytes, ...],
        limit: int,
        now: Callable[[], int] | None = None,
    ) -> None:
        """Open the file, and make it and its folder where they are missing.

        Args:
            path: of the file.
            secrets: what is redacted, in each of its forms.
            limit: bytes that it takes.
            now: gives the run's time in nanoseconds since 1970; by itself this
                machine's.

        Raises:
            OSError: it cannot be written, or is no regular file.
        """
        make_private_folder(path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        self._file = _open_private(path, flags | os.O_CLOEXEC)
        self._path, self._secrets, self._limit = path, secrets, limit
        self._now = now or run_clock(0)
        self.size = os.fstat(self._file).st_size
        self._redactor = _SameLengthRedactor(secrets)
        try:
            self._spans = HostSpans(path, self.size)
        except OSError:
            os.close(self._file)
            raise

    def resume(self) -> int:
        """Forget what was not written yet; returns how many bytes are here.

        Bytes whose time a crash lost get the time at which the file was last written.
        """
        status = os.fstat(self._file)
        self.size = status.st_size
        with contextlib.suppress(OSError):  # it is said with what comes next
            self._spans.add(self.size, status.st_mtime_ns)
        self._redactor = _SameLengthRedactor(self._secrets)
        return self.size

    def know(self, secrets: tuple[bytes, ...]) -> None:
        """Redact these, too, from now on."""
        self._secrets = (*self._secrets, *secrets)
        self._redactor.add(secrets)

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
        return sha256_of(self._path)

    def spans_sha256(self) -> str:
        """The digest of the file `spans`; empty where it cannot be read."""
        return sha256_of(spans_path(self._path))

    def close(self) -> None:
        """Close the files."""
        os.close(self._file)
        self._spans.close()

    def _append(self, data: bytes) -> None:
        room = self._limit - self.size
        rest = memoryview(data)[:room]
        while rest:
            written = os.write(self._file, rest)
            self.size += written
            rest = rest[written:]
        self._spans.add(self.size, self._now())
        if len(data) > room:
            raise RunError("it sends more output than its limit")


def output_path(folder: Path, host: str) -> Path:
    """Where the output of a host is, in the folder of an attempt."""
    return folder / HOSTS_FOLDER_NAME / name_as_path_part(host) / "output"


def spans_path(output: Path) -> Path:
    """The path of the file `spans` beside a host's output, which says when it came."""
    return output.with_name("spans")


def sha256_of(path: Path) -> str:
    """The digest of a file; empty where it cannot be read; blocking."""
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _open_private(path: Path, flags: int) -> int:
    """Open what nobody else can read.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    file = os.open(path, flags, 0o600)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(f"{path} is no regular file")
    return file


def make_private_folder(path: Path) -> None:
    """Make a folder that nobody else can enter, where it is missing."""
    path.mkdir(mode=0o700, exist_ok=True)


class _SameLengthRedactor(StreamRedactor):
    @property
    def held(self) -> int:
        """Bytes that may be the beginning of a secret."""
        return len(self._held_back)

    def _redact(self, data: bytes) -> bytes:
        for secret in self.secrets:
            data = data.replace(secret, b"*" * len(secret))
        return data


GATHERED_BYTES_PER_HOST = 1 << 16
"""Bytes of each host's output that are shown, from its end."""
HEADING_RULE = "────"
MAX_NAMES_IN_HEADING = 20
"""Hosts that a heading names."""


def output_tail(path: Path, end: int | None = None) -> bytes:
    """The end of an output; empty where there is none.

    A long one begins with a whole line, or within the last one.

    Args:
        path: where it is.
        end: bytes from its beginning that are looked at; `None` for all.
    """
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            size = size if end is None else min(size, end)
            begin = file.seek(max(0, size - GATHERED_BYTES_PER_HOST))
            data = file.read(size - begin)
    except OSError:
        return b""
    if size > GATHERED_BYTES_PER_HOST:
        data = data.partition(b"\n")[2] or data
        data = left_out_note(size - len(data)) + data
    return data


def left_out_note(size: int) -> bytes:
    """What is said of so many bytes that are not taken."""
    return f"({size:,} bytes before this are in its own output)\n".encode()


def outputs_by_host(
    hosts: Iterable[tuple[str, str, Path]],
) -> Iterator[bytes]:
    """The output of each host under its name and state.

    Args:
        hosts: the name of each, its state in words, and where its output is.
    """
    for name, state, path in hosts:
        yield f"{HEADING_RULE} {name} · {state}\n".encode()
        yield _ended_by_newline(output_tail(path) or b"(nothing)\n")


def distinct_outputs(
    hosts: Iterable[tuple[str, str, Path]], end_of: Callable[[Path], int | None]
) -> Iterator[bytes]:
    """Each distinct output of a state once, under its hosts; the most hosts last.

    The same output comes again for hosts in another state. An output that few hosts
    have is more likely to be the one that is looked for.

    Args:
        hosts: as `outputs_by_host` has them.
        end_of: gives the bytes of an output that are looked at; `None` for all.
    """
    groups: dict[tuple[str, bytes], list[str]] = {}
    for name, state, path in hosts:
        data = output_tail(path, end_of(path))
        groups.setdefault((state, data), []).append(name)
    for (state, data), names in sorted(groups.items(), key=lambda each: len(each[1])):
        count = "1 host" if len(names) == 1 else f"{len(names)} hosts"
        more = f" and {len(names) - MAX_NAMES_IN_HEADING} more" * (
            len(names) > MAX_NAMES_IN_HEADING
        )
        listed = ", ".join(names[:MAX_NAMES_IN_HEADING])
        yield f"{HEADING_RULE} {count} · {state}: {listed}{more}\n".encode()
        yield _ended_by_newline(data or b"(nothing)\n")


def _ended_by_newline(data: bytes) -> bytes:
    return data if data.endswith(b"\n") else data + b"\n"
