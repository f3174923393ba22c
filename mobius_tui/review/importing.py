"""Taking in a run that was exported elsewhere: verified first, or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mobius_tui import sanitize
from mobius_tui.errors import MobiusError, RunError, UsageError
from mobius_tui.review import reading
from mobius_tui.review.unpack import Names, look_over, unpack
from mobius_tui.run.directory import RunDirectory, create, sync_folder
from mobius_tui.run.home import private_folder
from mobius_tui.run.regular import regular
from mobius_tui.run.runs import is_run_id
from mobius_tui.run.verify import verify


def take_in(file: Path, root: Path, *, head: str | None, now: float) -> RunDirectory:
    """Import a run.

    It is looked over to its end before anything is written. Then it is unpacked beside
    the other runs under a name that none has, verified there, and given its own name
    only then. It is marked, so that no host ever runs it.

    Args:
        file: what `export` wrote.
        root: the folder of all runs.
        head: the journal's head, as whoever sent it named it by another way.
        now: seconds since 1970.

    Raises:
        UsageError: it is no export, holds what no run does, or is here already.
        RunError: it is not as it was written, or cannot be kept.
    """
    try:
        with regular(file) as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            source.seek(0)
            names = look_over(source)
            source.seek(0)
            private_folder(root)
            folder = Path(tempfile.mkdtemp(prefix=".importing-", dir=root))
            try:
                unpack(source, folder)
                return _keep(folder, names, root, head=head, digest=digest, now=now)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from error


def _keep(
    folder: Path,
    names: Names,
    root: Path,
    *,
    head: str | None,
    digest: str,
    now: float,
) -> RunDirectory:
    if not is_run_id(names.run):
        raise UsageError("it names no run: refused")
    kept = RunDirectory(root / names.run)
    if kept.path.exists() or kept.path.is_symlink():
        raise UsageError(f"{names.run} is here already; nothing is overwritten")
    unpacked = RunDirectory(folder)
    for needed in (unpacked.runbook, unpacked.steps):
        needed.mkdir(exist_ok=True, mode=0o700)
    wrong = tuple(_wrong(unpacked, names, head))
    if wrong:
        raise RunError("it is not as it was written: " + "; ".join(wrong[:5]))
    import tomli_w

    said = {
        "imported": datetime.fromtimestamp(now, UTC),
        "file_sha256": digest,
        "head": names.head,
    }
    create(unpacked.imported, tomli_w.dumps(said).encode())
    folder.rename(kept.path)
    sync_folder(root)
    return kept


def _wrong(directory: RunDirectory, names: Names, head: str | None) -> Iterator[str]:
    """What is not as it was written."""
    record = reading.read(directory)
    yield from record.problems
    if record.problems:
        return
    if record.began is None:
        yield "it never began"
        return
    if record.began.run != names.run:
        yield f"its journal is of another run, {record.began.run}"
    if record.head != names.head:
        yield "its journal does not end with the head that it names"
    read_of_it = {source.name for source in record.runbook.sources}
    for path in sorted(directory.runbook.iterdir()):
        if path.name not in read_of_it:
            yield f"runbook/{sanitize.line(path.name)} is no part of its runbook"
    try:
        yield from verify(directory)
        if head is not None:
            yield from verify(directory, head)
    except (MobiusError, ValueError, TypeError, AttributeError) as error:
        yield f"it cannot be verified: {error}"
