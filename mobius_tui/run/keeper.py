"""The keeper: the small process between the host and a step's script.

It is run as a plain file by `python -I -S keeper.py LOCK TREE SPEC`, three inherited
descriptors, and imports next to nothing, so that an attempt costs little. It owns the
script's output, time-out, output limit and stopping, and records how the script ended;
all of that holds with no host alive. SIGTERM asks it to stop the script.

The spec is a marshalled mapping, read from a pipe so that no secret shows in a process
list: `dir`, `argv`, `env`, `cwd`, `umask`, `timeout` (seconds or None), `grace`
(seconds), `max_output` (bytes), `rotate` (bool), `secrets` (a tuple of bytes).
"""

import _signal
import errno
import fcntl
import marshal
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    Bytes = bytes | memoryview
    Waiting = Generator[int, None, Any]
    """Work on the disk; it gives the error's number while there is no room for it."""

CHUNK = 1 << 18
PIPE = 1 << 20
F_SETPIPE_SZ = 1031
"""Linux's own number; `fcntl` names it only from Python 3.10 on Linux."""
DRAIN = 0.1
"""Seconds to read on after the script's end: a child of it may hold the pipe."""
SPAN_JOIN_NS = 20_000_000
"""Reads of one stream within 20 ms share a span."""
SETTLE = 0.005
"""Seconds after which a span that grew is written again: while output pours in, not
for every read of it."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""Failures that pass when somebody makes room; nothing was lost by them."""
PAUSE = 0.25
"""Seconds between two tries on a full disk."""
NO_ROOM = 75
"""Our exit code if there was no room to begin, so that nothing ran: EX_TEMPFAIL."""
RECORD = 1024
"""Bytes of the record of the script's end."""
EVERY = 1 << 21
"""Bytes of a flood between two looks whether others want the processors, too."""
FLOOD = 100e6
"""Bytes a second from which output is a flood."""
LITTLE, MUCH = 0.22, 0.4
"""Of the time, waited for a processor: nobody need rest, and all should."""
MOST = 4.0
"""Times as long as it moved that it rests at most; and in seconds:"""
LONGEST_REST = 0.05
LATELY = 32
"""Looks over which a mean of that part is taken."""
REDACTED = b"[redacted]"
SCRIPT_FD = 252
TREE_FD = 251
"""High numbers, out of the way of the descriptors that scripts open by number."""


class Redactor:
    """Replaces declared secrets in one stream, wherever reads split them.

    What could be the beginning of a secret is held back until it is decided; nothing
    else is delayed.
    """

    def __init__(self, secrets: "tuple[bytes, ...]") -> None:
        self.secrets = sorted((s for s in secrets if s), key=len, reverse=True)
        self.held = b""

    def feed(self, data: "Bytes") -> "Bytes":
        """What of the stream may be written after these bytes came.

        It is theirs, or what they are until the next ones come.
        """
        if not self.secrets:
            return data
        whole = self.held + data
        cut = len(whole) - max(self._begun(whole, secret) for secret in self.secrets)
        cut = self._whole(whole, cut)
        self.held = whole[cut:]
        return self._redact(whole[:cut])

    def _redact(self, data: bytes) -> bytes:
        for secret in self.secrets:
            if secret in data:
                data = data.replace(secret, REDACTED)
        return data

    def _whole(self, data: bytes, cut: int) -> int:
        """A place to cut at that is in no secret; at or before the one given."""
        for secret in self.secrets:
            place = data.find(secret, max(0, cut - len(secret) + 1))
            if 0 <= place < cut < place + len(secret):
                return self._whole(data, place)
        return cut

    def end(self) -> bytes:
        """What was held back, at the end of the stream."""
        held, self.held = self.held, b""
        return self._redact(held)

    @staticmethod
    def _begun(data: bytes, secret: bytes) -> int:
        """The length of the longest end of `data` that begins `secret`."""
        for length in range(min(len(secret) - 1, len(data)), 0, -1):
            if data.endswith(secret[:length]):
                return length
        return 0


def tried(operation: "Callable[..., Any]", *words: object) -> "Waiting":
    """Do it; where the disk is full, again whenever the caller comes back."""
    while True:
        try:
            return operation(*words)
        except OSError as error:
            if error.errno not in FULL:
                raise
            yield error.errno


def put(file: int, data: bytes, place: int) -> "Waiting":
    """Write all of it at a place."""
    while data:
        count = yield from tried(os.pwrite, file, data, place)
        data, place = data[count:], place + count


def is_shared(folder: str) -> bool:
    """Whether a run's group may read what is made in a folder; see `sharing`."""
    return os.stat(folder).st_mode & 0o7777 == 0o2750


class Output:
    """The `output` file and its `spans`.

    A full disk is waited out: what has begun is carried on from where it broke off.
    """

    def __init__(self, folder: str, limit: int, rotate: bool) -> None:
        self.folder, self.limit, self.rotate = folder, limit, rotate
        self.total = 0
        self.is_full = False
        """Whether the limit is reached."""
        for number in self._opened():
            raise OSError(number, os.strerror(number))

    def _opened(self) -> "Waiting":
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self.file = yield from tried(os.open, self.folder + "/output", flags, 0o600)
        self.spans = yield from tried(os.open, self.folder + "/spans", flags, 0o600)
        if is_shared(self.folder):
            os.fchmod(self.file, 0o640)
            os.fchmod(self.spans, 0o640)
        self.size = self.place = 0
        self.unsettled = False
        """Whether the last span is longer than what is written of it."""
        self.last: tuple[int, int, int, int] | None = None

    def written(self, data: "Bytes", stream: int) -> "Waiting":
        """Write a read of one stream."""
        room = self.limit - self.size
        if len(data) > room and self.rotate:
            yield from self.written(data[:room], stream)
            yield from self._rotated()
            yield from self.written(data[room:], stream)
            return
        if len(data) > room:
            data, self.is_full = data[:room], True
        while data:
            count = yield from tried(os.write, self.file, data)
            data, offset = data[count:], self.size
            self.size += count
            self.total += count
            yield from self._span(offset, count, stream)

    def _span(self, offset: int, length: int, stream: int) -> "Waiting":
        """Make the last span longer, or begin one; `settled` writes what is longer."""
        now = time.time_ns()
        last = self.last
        if last and last[2] == stream and now - last[3] < SPAN_JOIN_NS:
            self.last = (last[0], last[1] + length, stream, last[3])
            self.unsettled = True
            return
        yield from self.settled()
        if last:
            self.place += 24
        self.last = (offset, length, stream, now)
        self.unsettled = True
        yield from self.settled()

    def settled(self) -> "Waiting":
        """Write the last span as it is by now."""
        last = self.last
        if last is None or not self.unsettled:
            return
        record = (
            last[0].to_bytes(8, "little")
            + last[1].to_bytes(7, "little")
            + bytes((last[2],))
            + last[3].to_bytes(8, "little")
        )
        yield from put(self.spans, record, self.place)
        self.unsettled = False

    def _rotated(self) -> "Waiting":
        yield from self.settled()
        for name in ("output", "spans"):
            path = f"{self.folder}/{name}"
            yield from tried(os.rename, path, path + ".old")
        os.close(self.file)
        os.close(self.spans)
        yield from self._opened()


class Script:
    """The script's process group, from its start to its end."""

    def __init__(self, spec: "dict[str, Any]", lock: int, tree: int) -> None:
        self.spec, self.lock, self.tree = spec, lock, tree
        self.cause = "exited"
        self.deadline: float | None = None
        self.pid = 0
        self.status: int | None = None
        self.failed: tuple[str, int] | None = None
        self.lost = 0
        """The number of the error that kept its output, or the end of it, out."""

    def start(self) -> "tuple[int, ...]":
        """Fork and execute; returns the descriptors that its output comes from."""
        ours, theirs = self.open_streams()
        trouble_r, trouble_w = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(theirs, trouble_w)
        for end in (*theirs, trouble_w, self.tree):
            os.close(end)
        said = os.read(trouble_r, 64)
        os.close(trouble_r)
        if said:
            what, number = said.decode().split(" ")
            self.failed = (what, int(number))
        if self.spec["timeout"] is not None:
            self.deadline = time.monotonic() + self.spec["timeout"]
        return ours

    def open_streams(self) -> "tuple[tuple[int, ...], tuple[int, ...]]":
        """What the script's output comes from, and what it goes to."""
        out_r, out_w = os.pipe()
        err_r, err_w = os.pipe()
        for end in (out_w, err_w):
            try:
                fcntl.fcntl(end, F_SETPIPE_SZ, PIPE)
            except OSError:
                break  # another system, or its limit: the default size works too
        return (out_r, err_r), (out_w, err_w)

    def take_streams(self, theirs: "tuple[int, ...]") -> None:
        """In the child: make what `open_streams` opened its standard streams."""
        os.dup2(theirs[0], 1)
        os.dup2(theirs[1], 2)

    def _become(self, theirs: "tuple[int, ...]", trouble: int) -> None:
        """In the child: take a session, write `pid`, execute. Never returns."""
        spec, what = self.spec, "setup"
        try:
            os.setsid()
            for name in ("SIGPIPE", "SIGXFSZ", "SIGTERM", "SIGCHLD"):
                _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
            script = os.open(spec["dir"] + "/script", os.O_RDONLY)
            self.take_streams(theirs)
            os.dup2(self.tree, TREE_FD)
            os.dup2(script, SCRIPT_FD)
            os.dup2(trouble, 250, inheritable=False)
            # Held until it is executed: who finds the lock free must not miss the `pid`
            # of a script that is about to run.
            os.dup2(self.lock, 249, inheritable=False)
            os.closerange(3, 249)
            trouble = 250
            what = "chdir"
            os.chdir(spec["cwd"])
            os.umask(spec["umask"])
            what = "pid"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            file = os.open(spec["dir"] + "/pid", flags, 0o600)
            os.write(file, b"%d\n" % os.getpid())
            os.close(file)
            what = "exec"
            argv = [*spec["argv"], f"/dev/fd/{SCRIPT_FD}"]
            os.execvpe(argv[0], argv, spec["env"])
        except OSError as error:
            os.write(trouble, f"{what} {error.errno or 0}".encode())
        os._exit(127)

    def stop(self, cause: str) -> None:
        """Ask the group to end; `press` makes it."""
        if self.cause == "exited":
            self.cause = cause
            self.signal(_signal.SIGTERM)
            self.deadline = time.monotonic() + self.spec["grace"]

    def lose(self, number: int) -> None:
        """Its output cannot be written: whatever else it came to, that is its end."""
        self.stop("output lost")
        self.cause, self.lost = "output lost", number

    def press(self) -> None:
        """What the deadline brings, if it is due: a time-out first, then SIGKILL."""
        if self.deadline is None or time.monotonic() < self.deadline:
            return
        if self.cause == "exited":
            self.stop("timed out")
        else:
            self.signal(_signal.SIGKILL)
            self.deadline = None

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def over(self) -> bool:
        """Whether the script's own process has ended; it stays unreaped."""
        if self.status is not None:
            return True
        if not hasattr(os, "waitid"):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
            return pid != 0
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def reap(self) -> int:
        """Let the script's process go; returns its wait status."""
        if self.status is None:
            self.status = os.waitpid(self.pid, 0)[1]
        return self.status

    def end_group(self) -> None:
        """Leave nothing of the group; the unreaped leader keeps its number ours."""
        self.signal(_signal.SIGTERM)
        until = time.monotonic() + (self.spec["grace"] if self._tree_held() else 0)
        while time.monotonic() < until and self._others():
            time.sleep(0.01)
        self.signal(_signal.SIGKILL)
        until = time.monotonic() + 1.0
        while self._tree_held() and self._others() and time.monotonic() < until:
            time.sleep(0.005)

    def _tree_held(self) -> bool:
        handle = os.open(self.spec["dir"] + "/tree", os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def _others(self) -> bool:
        """Whether a living process but the leader is in the group."""
        try:
            names = os.listdir("/proc")
        except OSError:
            return False
        for name in names:
            if not name.isdigit() or int(name) == self.pid:
                continue
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    rest = file.read().rpartition(b") ")[2].split()
            except OSError:
                continue
            if int(rest[2]) == self.pid and rest[0] not in (b"Z", b"X"):
                return True
        return False


def keep(lock: int, tree: int, spec: "dict[str, Any]") -> None:
    """One attempt, from the preallocated `exit` to its rename."""
    asked: list[int] = []
    record, waker, output = begin(lock, spec, asked)
    script = Script(spec, lock, tree)
    streams: dict[int, tuple[int, Redactor]] = {}
    for number, end in enumerate(script.start(), 1):
        streams[end] = (number, Redactor(spec["secrets"]))
    if script.failed is None:
        Pump(script, streams, output, record, waker, asked).run()
        script.end_group()
    finish(record, script, output.total)


def begin(
    lock: int, spec: "dict[str, Any]", asked: "list[int]"
) -> "tuple[int, int, Output]":
    """Say who keeps the attempt, and make room for what is to be recorded of it.

    Where there is none, this is the process's end, with `NO_ROOM`: nothing has run,
    and the host tries again.

    Args:
        lock: the attempt's lock, held.
        spec: the order.
        asked: gets an entry whenever SIGTERM comes.

    Returns:
        The descriptor of the record of the end, one that has bytes to read after a
        signal, and the output.
    """
    _signal.signal(_signal.SIGTERM, lambda *_: asked.append(1))
    try:
        os.write(lock, b"%d\n" % os.getpid())
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        record = os.open(spec["dir"] + "/exit.new", flags, 0o600)
        if is_shared(spec["dir"]):
            os.fchmod(record, 0o640)
        for number in put(record, b" " * (RECORD - 1) + b"\n", 0):
            raise OSError(number, os.strerror(number))
        output = Output(spec["dir"], spec["max_output"], spec["rotate"])
    except OSError as error:
        if error.errno in FULL:
            sys.exit(NO_ROOM)
        raise
    waker, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    _signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    _signal.signal(_signal.SIGCHLD, lambda *_: None)
    return record, waker, output


class Courtesy:
    """Gives way where a flood and others want the processors at once.

    Four floods on two processors kept the keys of whoever watched them waiting for a
    tenth of a second. What prints less than `FLOOD`, or has the processor when it wants
    it, never rests.
    """

    def __init__(
        self,
        stat: str = "/proc/self/schedstat",
        clock: "Callable[[], float]" = time.monotonic,
    ) -> None:
        self._clock = clock
        self._moved = 0
        self._share = 0.0
        """The part of the time that it waits for a processor; a mean of late."""
        try:
            self._stat = os.open(stat, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._stat = -1  # macOS has none
        self._at, self._waited = clock(), self._seconds()

    def rest(self, count: int) -> float:
        """How long to rest after so many bytes more, in seconds."""
        self._moved += count
        if self._moved < EVERY or self._stat < 0:
            return 0.0
        now, waited = self._clock(), self._seconds()
        took = max(now - self._at, 1e-6)
        self._share += ((waited - self._waited) / took - self._share) / LATELY
        is_flood = self._moved > FLOOD * took
        want = min(1.0, max(0.0, (self._share - LITTLE) / (MUCH - LITTLE)))
        rest = min(LONGEST_REST, took * want * MOST) if is_flood else 0.0
        self._moved, self._at, self._waited = 0, now + rest, waited
        return rest

    def _seconds(self) -> float:
        """Seconds for which this process has waited for a processor."""
        if self._stat < 0:
            return 0.0
        return int(os.pread(self._stat, 128, 0).split()[1]) / 1e9


class Pump:
    """Moves the script's output into the file until the script has ended.

    While the disk is full nothing is read, so the script waits as soon as its pipe is
    full, too; its time goes on, and it can be stopped.
    """

    def __init__(
        self,
        script: Script,
        streams: "dict[int, tuple[int, Redactor]]",
        output: Output,
        record: int,
        waker: int,
        asked: "list[int]",
    ) -> None:
        self.script, self.streams, self.output = script, streams, output
        self.record, self.waker, self.asked = record, waker, asked
        self.rooms = (memoryview(bytearray(CHUNK)),)
        self.courtesy = Courtesy()
        self.until: float | None = None
        """When reading ends, once the script's own process has ended."""
        self.has_news = True
        """Whether the script may have ended."""
        self.poll, self.alone = select.poll(), select.poll()
        for end in (*streams, waker):
            self.poll.register(end, select.POLLIN)
        self.alone.register(waker, select.POLLIN)

    def run(self) -> None:
        """Pump."""
        script, output = self.script, self.output
        settle_at = 0.0
        while True:
            if self.asked:
                script.stop("stopped")
            limits = [t for t in (self.until, script.deadline) if t is not None]
            if output.unsettled:
                limits.append(settle_at)
            wait = max(0.0, min(limits) - time.monotonic()) * 1000 if limits else None
            for end, _event in self.poll.poll(wait):
                if end == self.waker:
                    self._hear()
                else:
                    self._rest(self.courtesy.rest(self._read(end)))
            now = time.monotonic()
            if output.unsettled and now >= settle_at:
                self._carry(output.settled())
                settle_at = now + SETTLE
            script.press()
            if self.until is None and (self.has_news or not self.streams):
                self.has_news = False
                self.until = time.monotonic() + DRAIN if script.over() else None
            if self.until is not None and (now >= self.until or not self.streams):
                break
        self._read_last()

    def _rest(self, seconds: float) -> None:
        """Move nothing for a while; a signal ends it."""
        if seconds > 0 and self.alone.poll(seconds * 1000):
            self._hear()

    def _hear(self) -> None:
        """Take note of a signal, which may have been heard amid something else."""
        self.has_news = True
        try:
            os.read(self.waker, 512)
        except BlockingIOError:
            return

    def _read(self, end: int) -> int:
        """Read what is there of one stream, and write it; returns how much it was."""
        count = os.readv(end, self.rooms)
        number, redactor = self.streams[end]
        self._save(
            redactor.feed(self.rooms[0][:count]) if count else redactor.end(), number
        )
        if not count:
            self.poll.unregister(end)
            del self.streams[end]
        return count

    def _read_last(self) -> None:
        """Take what is in the pipes by now, and no more: a child may write for ever."""
        for end, (number, redactor) in tuple(self.streams.items()):
            os.set_blocking(end, False)
            left = PIPE
            try:
                while left > 0 and end in self.streams:
                    left -= self._read(end)
            except BlockingIOError:
                pass
            self._save(redactor.end(), number)
        self._carry(self.output.settled())

    def _save(self, data: "Bytes", number: int) -> None:
        if data:
            self._carry(self.output.written(data, number))
        if self.output.is_full:
            self.script.stop("output full")

    def _carry(self, work: "Waiting") -> None:
        """Carry work on the output through; a full disk is waited for meanwhile."""
        if self.script.cause == "output lost":
            return
        began = 0.0
        try:
            for number in work:
                began = began or time.monotonic()
                self._tell(number)
                if not self._wait():
                    self.script.lose(number)
                    return
        except OSError as error:
            self.script.lose(error.errno or errno.EIO)
        finally:
            if began:
                self._tell(0)
                self.has_news = True
                if self.until is not None:
                    self.until += time.monotonic() - began

    def _wait(self) -> bool:
        """Wait for room a while; returns whether that is still worth it.

        It is not once the script that somebody stopped has ended: they want its end.
        """
        poll = select.poll()
        poll.register(self.waker, select.POLLIN)
        due = self.script.deadline
        left = PAUSE if due is None else min(PAUSE, max(0.0, due - time.monotonic()))
        if poll.poll(left * 1000):
            self._hear()
        if self.asked:
            self.script.stop("stopped")
        self.script.press()
        return not (self.asked and self.script.over())

    def _tell(self, number: int) -> None:
        """Say in the record that there is no room; the room of that is its own."""
        words = b"waits=%d\n" % number if number else b""
        try:
            os.pwrite(self.record, words.ljust(RECORD - 1) + b"\n", 0)
        except OSError:
            return  # what matters is waited for all the same


def insist(work: "Waiting") -> None:
    """Carry work through, however long the disk is full."""
    for _ in work:
        time.sleep(PAUSE)


def finish(record: int, script: Script, total: int) -> None:
    """Write how it ended into the preallocated record, and give it its name."""
    status = script.reap() if script.pid else 0
    lines = [f"cause={script.cause}"]
    if script.failed is not None:
        what, number = script.failed
        lines = ["cause=not started", f"what={what}", f"errno={number}"]
    elif script.lost:
        lines.append(f"errno={script.lost}")
    lines += [f"code={os.waitstatus_to_exitcode(status)}", f"bytes={total}"]
    lines += [f"ns={time.time_ns()}", "end"]
    insist(put(record, "\n".join(lines).encode() + b"\n", 0))
    os.close(record)
    folder = script.spec["dir"]
    insist(tried(os.rename, folder + "/exit.new", folder + "/exit"))


def order() -> "tuple[int, int, dict[str, Any]]":
    """What the command line and the pipe that it names say: lock, tree, spec."""
    lock, tree, source = (int(text) for text in sys.argv[1:4])
    with os.fdopen(source, "rb") as file:
        # It comes by a pipe from our own host, and from nobody else.
        return lock, tree, marshal.load(file)  # nosec B302


if __name__ == "__main__":
    keep(*order())
