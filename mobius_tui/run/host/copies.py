"""Whether a folder is a run or a copy of it; and what of a run this machine knows.

The journal says where its last host was, and a copy has the same journal. So the folder
itself is looked at; and what this machine knows of the run's key, as an older copy may
have been put in its place.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from shlex import quote

from msgspec import Struct

from mobius_tui.confinement.enclosure import is_confined
from mobius_tui.errors import RunError
from mobius_tui.run.events.journal_entry import Entry, EntryPicker, decode_entry
from mobius_tui.run.events.run_events import HostStarted, RunBegan, TakenOver
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD, boot_id
from mobius_tui.run.storage.key_file import (
    KEYS_FOLDER,
    KeyFile,
    KnownRun,
    held_text,
    key_path,
    read_known_run,
)
from mobius_tui.run.storage.place import Place, is_same_place, place_of
from mobius_tui.run.storage.run_directory import RunDirectory, lock_holder
from mobius_tui.run.storage.run_index import all_runs
from mobius_tui.run.storage.safe_open import open_regular
from mobius_tui.run.storage.state_folders import runs_root, state_home
from mobius_tui.runbook.text.units import local_time


class LastHost(Struct, frozen=True, kw_only=True):
    """What a run's journal says of its last host."""

    key: str
    """The run's; of a run of an earlier version the digest of its first line, as two
    runs may have one name."""
    epoch: int
    place: Place | None
    """`None` where no host said it, as those of earlier versions."""
    boot: str
    """The boot of the machine that it was in."""
    heard: float
    """The time of the last entry, in seconds since 1970."""
    heads: tuple[str, ...]
    """The digest of each line."""

    @property
    def head(self) -> str:
        """The digest of the last line."""
        return self.heads[-1] if self.heads else EMPTY_JOURNAL_HEAD

    def has_all_of(self, known: KnownRun) -> bool:
        """Whether the journal has every line that is known of the run."""
        lines = self.heads[: known.entries]
        return len(lines) == known.entries and lines[-1:] in ((), (known.head,))


_ABOUT_PLACES = EntryPicker((HostStarted, TakenOver))


def read_last_host(directory: RunDirectory) -> LastHost | None:
    """What a journal says of its run's last host; `None` while it is empty.

    The chain is not verified.

    Raises:
        RunError: it cannot be read.
    """
    try:
        with open_regular(directory.journal) as file:
            lines = file.read().split(b"\n")[:-1]
    except OSError as error:
        raise RunError(f"{directory.journal}: {error.strerror}") from error
    if not lines:
        return None
    heads = tuple(hashlib.sha256(line).hexdigest() for line in lines)
    name = directory.journal.name
    began = _decoded(name, 1, lines[0]).event
    key = began.key if isinstance(began, RunBegan) else None
    epoch, place, boot = 1, None, ""
    for number, line in enumerate(lines, 1):
        if not _ABOUT_PLACES.may_pick(line):
            continue
        entry = _decoded(name, number, line)
        if isinstance(entry.event, HostStarted | TakenOver):
            boot, epoch = entry.boot, entry.event.epoch or epoch
            if entry.event.place is not None:
                place = Place.of_mapping(entry.event.place)
    return LastHost(
        key=key or heads[0],
        epoch=epoch,
        place=place,
        boot=boot,
        heard=_decoded(name, len(lines), lines[-1]).at,
        heads=heads,
    )


def _decoded(name: str, number: int, line: bytes) -> Entry:
    """The entry of a line.

    Raises:
        RunError: it is none; names the line.
    """
    try:
        return decode_entry(line)[0]
    except RunError as error:
        raise RunError(f"{name}:{number}: {error}") from error


class Whereabouts(Struct, frozen=True, kw_only=True):
    """A folder of a run, what its journal says, and what this machine knows."""

    directory: RunDirectory
    last: LastHost
    known: KnownRun | None
    here: Place
    is_hosted: bool = False
    """Whether a host runs it, or a copy of it, on this machine."""

    def refuse_hosted(self) -> None:
        """Refuse what cannot be done while a host runs the run, or a copy of it.

        Raises:
            RunError: one does; says where.
        """
        if self.is_hosted:
            raise RunError(held_text(self.known))

    def refuse_older_copy(self) -> None:
        """Refuse a folder whose journal lacks what this machine has seen of the run.

        Raises:
            RunError: it does; names where the run went on.
        """
        known = self.known
        if known is None or self.last.has_all_of(known):
            return
        if self._is_known_elsewhere:
            what = "an older copy"
            if self._was_taken_from:
                what = "where the run was before it was taken over"
            raise RunError(
                f"this is {what}: it went on in {known.path}, and this journal lacks "
                f"the last of its {known.entries} entries. "
                f"`mobius-tui resume {quote(known.path)}` goes there"
            )
        raise RunError(
            f"{self.directory.id} is older than the run: its journal lacks the last of "
            f"{known.entries} entries that were written on this machine, in "
            f"{known.path}. What ran then is not in it: it can be read, and not gone "
            "on with"
        )

    def why_elsewhere(self) -> str | None:
        """Why no host begins here without a takeover, in words; None if one may."""
        then, known = self.last.place, self.known
        heard = local_time(self.last.heard, time.time(), seconds=True)
        if known is not None and self._was_taken_from:
            return f"the run was taken over: it goes on in {known.path}"
        if then is None or is_same_place(
            then, self.here, is_same_boot=self.last.boot == boot_id()
        ):
            return None
        if then.machine != self.here.machine:
            what = f"a copy: the run was on {then.name or 'another machine'}"
        elif then.path != self.here.path:
            what = f"a copy: the run was in {then.path}"
        else:
            what = "a copy that was put in the place of the run"
        return f"this is {what}, whose host was last heard {heard}"

    def refuse_elsewhere(self) -> None:
        """Refuse to begin a host where the last one was not.

        Raises:
            RunError: this is not its place; names it, and how to go on.
        """
        why = self.why_elsewhere()
        if not why:
            return
        known = self.known
        if known is not None and self._was_taken_from and _is_there(Path(known.path)):
            raise RunError(f"{why}; `mobius-tui resume {quote(known.path)}` goes there")
        argument = run_argument(self.directory)
        raise RunError(f"{why}. `mobius-tui takeover {argument}` goes on here")

    @property
    def takeover_word(self) -> str:
        """What a person types to take the run over: from where it is taken.

        The name of the machine; on the same one the last part of the folder's path.
        """
        then = self.last.place or Place()
        if self.known is not None and self._was_taken_from:
            return Path(self.known.path).name
        if then.machine != self.here.machine and then.name:
            return then.name
        return Path(then.path).name or self.directory.id

    @property
    def _was_taken_from(self) -> bool:
        """Whether a copy of the run was taken over on this machine since."""
        return self.known is not None and self.known.epoch > self.last.epoch

    @property
    def _is_known_elsewhere(self) -> bool:
        """Whether the run is still there in another folder than this."""
        try:
            known = self.known
            return known is not None and not Path(known.path).samefile(self.here.path)
        except OSError:
            return False


def whereabouts_of(directory: RunDirectory) -> Whereabouts | None:
    """How a run's folder stands to the run; `None` while its journal is empty.

    Nothing is locked: what a host does meanwhile may be missed.

    Raises:
        RunError: its journal cannot be read.
    """
    last = read_last_host(directory)
    if last is None:
        return None
    paths = [key_path(last.key, state) for state in _states_of(last)]
    known = _newest(map(read_known_run, paths))
    if known is not None and not last.has_all_of(known):
        last = read_last_host(directory) or last  # a host may be writing
    return Whereabouts(
        directory=directory,
        last=last,
        known=known,
        here=place_of(directory.path),
        is_hosted=any(lock_holder(path) is not None for path in paths),
    )


def refuse_copy(directory: RunDirectory) -> None:
    """Refuse to start a host where the run is not.

    Raises:
        RunError: the folder is a copy of the run, or the run went on elsewhere.
    """
    found = whereabouts_of(directory)
    if found is not None:
        found.refuse_older_copy()
        found.refuse_elsewhere()


def _is_there(path: Path) -> bool:
    """Whether something is at a path, as far as this user may see."""
    with suppress(OSError):
        return path.exists()
    return False


def run_argument(directory: RunDirectory) -> str:
    """What names a run on the command line: its id, or the path where that is another.

    As a shell wants it.
    """
    named = [run for run in all_runs(runs_root()) if run.id == directory.id]
    is_listed = any(run.path == directory.path for run in named)
    return quote(directory.id if is_listed else str(directory.path))


def _states_of(last: LastHost) -> list[Path]:
    """The state folders that know of a run: this process's, and its last host's."""
    states = [state_home()]
    then = last.place
    if then is not None and then.is_on_this_machine and then.state:
        other = Path(then.state)
        if _is_there(other / KEYS_FOLDER):  # another user's may not be entered
            states.append(other)
    return states


def _newest(every: Iterable[KnownRun | None]) -> KnownRun | None:
    found = [each for each in every if each is not None]
    return max(found, key=lambda each: (each.epoch, each.entries), default=None)


class HeldKey:
    """A run's key as its host holds it, in every state folder that knows of it."""

    def __init__(self, files: list[KeyFile], place: Place, epoch: int) -> None:
        self._files = files
        self.place = place
        """Where the host is."""
        self.epoch = epoch

    def note(self, entries: int, head: str) -> None:
        """Note how far the journal got.

        Raises:
            OSError: it cannot be written.
        """
        known = KnownRun(
            pid=os.getpid(),
            epoch=self.epoch,
            entries=entries,
            head=head,
            path=self.place.path,
            state=self.place.state,
        )
        for each in self._files:
            each.write(known)

    def sync(self) -> None:
        """Make what was noted durable.

        Raises:
            OSError: it is not known to be.
        """
        for each in self._files:
            each.sync()

    def close(self) -> None:
        """Let go of the key."""
        for each in self._files:
            each.close()


def hold_key(
    directory: RunDirectory, new_key: str | None, taken_epoch: int | None
) -> HeldKey:
    """Hold a run's key on this machine; the caller holds the lock of its folder.

    Args:
        directory: the run's.
        new_key: the key of a run whose journal is empty.
        taken_epoch: the epoch of those from whom a person takes the run over; `None` to
            begin where its last host was.

    Raises:
        RunError: another host holds it; or the folder is a copy, and not taken over;
            says which.
    """
    last = read_last_host(directory)
    here = place_of(directory.path)
    key = (last.key if last is not None else new_key) or directory.id
    files: list[KeyFile] = []
    try:
        states = [state_home()] if last is None else _states_of(last)
        if is_confined():  # nothing but the run's own folder can be written there
            states = []
        for state in states:  # it grows
            path = key_path(key, state)
            if state != state_home() and not _is_there(path):
                continue
            if any(each.is_at(path) for each in files):
                continue
            files.append(KeyFile.take(key, state))
            known = files[-1].known
            if known is not None and Path(known.state) not in states:
                states.append(Path(known.state))
        known = _newest(each.known for each in files)
        epoch = 1
        if last is not None:
            epoch = _epoch_of_host(
                Whereabouts(directory=directory, last=last, known=known, here=here),
                taken_epoch,
            )
        held = HeldKey(files, here, epoch)
        held.note(len(last.heads) if last else 0, last.head if last else "")
        if taken_epoch is not None:
            held.sync()
    except (RunError, OSError) as error:
        for each in files:
            each.close()
        if isinstance(error, OSError):
            raise RunError(f"{state_home()}: {error.strerror}") from error
        raise
    return held


def _epoch_of_host(found: Whereabouts, taken_epoch: int | None) -> int:
    """The epoch in which a host may begin.

    Args:
        found: the run's folder, whose key is held.
        taken_epoch: as in `hold_key`.

    Raises:
        RunError: none may.
    """
    found.refuse_older_copy()
    if taken_epoch is None:
        found.refuse_elsewhere()
        return found.last.epoch
    if found.last.epoch != taken_epoch:
        raise RunError(
            f"{found.directory.id} was taken over by somebody else just now; "
            f"`mobius-tui resume {run_argument(found.directory)}` shows it"
        )
    return max(found.last.epoch, found.known.epoch if found.known else 1) + 1
