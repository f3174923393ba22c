"""Digests of a playbook's files, to show that one has changed since a person saw it.

Covered are its own file; the YAML files that it names, and those that these name, where
they lie beside it; the folders beside it that Ansible reads by their names; the
inventory, with its variables; and `ansible.cfg`. Not covered are files whose name is a
template (`{{ env }}.yml`), collections, and roles in other places.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

PLAYBOOK_FOLDERS = (
    *("roles", "tasks", "handlers", "vars", "defaults", "templates", "files"),
    *("library", "module_utils", "action_plugins", "filter_plugins"),
    *("lookup_plugins", "test_plugins", "vars_plugins"),
)
"""Folders beside a playbook that Ansible reads, or that its tasks take files of."""
VARIABLE_FOLDERS = ("group_vars", "host_vars")
"""Folders of variables, beside a playbook and beside an inventory."""
MAX_PATHS_NAMED = 3
"""Changed paths that a message names; of the others it gives the number."""
MAX_FILES_FOLLOWED = 200
"""Files that are found by the names in a playbook, at most."""
MAX_FILES_PER_FOLDER = 2000
"""Files of a folder that count at most, in the order of their paths."""
MAX_DIGESTED_FILE_BYTES = 1 << 20
"""Bytes of a file that are read; of a longer one its length and its time count."""
_GENERATED_FOLDERS = frozenset({"__pycache__", ".git"})
"""Folders that nobody writes by hand; Ansible makes some as it plays."""
_YAML_PATH_PATTERN = re.compile(rb"[\w.@+/-]+\.ya?ml\b")


def playbook_digests(folder: Path, playbook: str, inventory: str) -> Mapping[str, str]:
    """The digest of each file and folder that is covered, by its path.

    Args:
        folder: the runbook's.
        playbook: its file, from there.
        inventory: what names its hosts, from there; empty for none.
    """
    book = folder / playbook
    found = [*_named_files(book), folder / "ansible.cfg"]
    found += [book.parent / name for name in (*PLAYBOOK_FOLDERS, *VARIABLE_FOLDERS)]
    if inventory:
        place = folder / inventory
        beside = place if _is_file_of_kind(stat.S_ISDIR, place) else place.parent
        found += [place, *(beside / name for name in VARIABLE_FOLDERS)]
    return {
        os.path.relpath(path, folder): _digest(path)
        for path in dict.fromkeys(map(_normal, found))
        if _is_file_of_kind(lambda _: True, path)
    }


def changed_paths_text(shown: Mapping[str, str], now: Mapping[str, str]) -> str:
    """The paths that have changed, are missing, or are new, as text.

    Args:
        shown: digests by path, as a person saw them; empty if not on record.
        now: digests by path now.

    Returns:
        The first of them, and how many more; empty where there is none.
    """
    paths = dict.fromkeys((*shown, *now)) if shown else ()
    found = [path for path in paths if shown.get(path) != now.get(path)]
    more = len(found) - MAX_PATHS_NAMED
    return ", ".join(found[:MAX_PATHS_NAMED]) + (
        f" and {more} more" if more > 0 else ""
    )


def _is_file_of_kind(kind: Callable[[int], bool], path: Path) -> bool:
    """Whether a path is of a kind (`stat.S_ISREG`, …); the path may be invalid text."""
    try:
        return kind(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))


def _named_files(book: Path) -> Iterator[Path]:
    """A playbook, and every file that it names or that such a file names."""
    waiting, seen = [_normal(book)], set[Path]()
    while waiting and len(seen) < MAX_FILES_FOLLOWED:
        path = waiting.pop(0)
        if path in seen or not _is_file_of_kind(stat.S_ISREG, path):
            continue
        seen.add(path)
        yield path
        names = map(os.fsdecode, _YAML_PATH_PATTERN.findall(_read_start_of_file(path)))
        waiting += [_normal(path.parent / name) for name in names]


def _read_start_of_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_DIGESTED_FILE_BYTES)
    except OSError:
        return b""


def _digest(path: Path) -> str:
    """The digest of a file, or of all files of a folder, with their paths."""
    if not _is_file_of_kind(stat.S_ISDIR, path):
        return digest_of_file(path)
    whole = hashlib.sha256()
    for number, file in enumerate(_files_below(path)):
        if number == MAX_FILES_PER_FOLDER:
            break
        name = os.fsencode(os.path.relpath(file, path))
        whole.update(name + b"\0" + digest_of_file(file).encode() + b"\0")
    return whole.hexdigest()


def _files_below(folder: Path) -> Iterator[Path]:
    seen = set[str]()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        is_new = real not in seen
        seen.add(real)
        folders[:] = sorted(set(folders) - _GENERATED_FOLDERS) if is_new else ()
        if is_new:
            yield from (Path(place, name) for name in sorted(names))


def digest_of_file(path: Path) -> str:
    """The digest of a file; words where it cannot be read, or is none."""
    try:
        found = path.stat()
    except OSError:
        return "not readable"
    if not stat.S_ISREG(found.st_mode):
        return "no file"
    is_whole = found.st_size <= MAX_DIGESTED_FILE_BYTES and os.access(path, os.R_OK)
    stamp = "" if is_whole else f"{found.st_size} {found.st_mtime_ns}"
    return hashlib.sha256(
        stamp.encode() + b"\0" + _read_start_of_file(path)
    ).hexdigest()
