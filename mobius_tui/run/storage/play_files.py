"""Where the files of an attempt's plays are: what Ansible gets, and what it says."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from mobius_tui.json_border import JsonObject, json_as
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.run.storage.safe_open import open_regular

PLAYS_FOLDER = "plays"
_MAX_HOSTS_FILE_BYTES = 1 << 20


class PlayHost(JsonObject, frozen=True, kw_only=True):
    """One host of a play."""

    name: str
    attempt: int
    """The number of the host's claim, not of the attempt: see `OrderedHost`."""
    output_begin: int = 0
    """Bytes of its output that are of an earlier play of the attempt."""


class PlayFiles(Struct, frozen=True):
    """Where the files of a play are."""

    path: Path

    @property
    def keeper_directory(self) -> AttemptDirectory:
        """What its keeper writes."""
        return AttemptDirectory(self.path / "process")

    @property
    def events(self) -> Path:
        """Ansible's events, as lines of JSON."""
        return self.path / "events.jsonl"

    @property
    def hosts(self) -> Path:
        """Its hosts; written last, so that a play without it has not begun."""
        return self.path / "hosts.json"

    @property
    def limit(self) -> Path:
        """The names of its hosts, a line each."""
        return self.path / "limit"

    @property
    def inventory(self) -> Path:
        """Its hosts and where they are."""
        return self.path / "inventory.json"

    @property
    def playbook(self) -> Path:
        """The playbook that runs a script."""
        return self.path / "script.yml"

    @property
    def variables(self) -> Path:
        """The variables for Ansible; private, and removed once they are read."""
        return self.path / "variables.yml"

    @property
    def plugin_settings(self) -> Path:
        """Settings of the callback plugin; private, and removed once they are read."""
        return self.path / "orders.json"

    @property
    def told_secrets(self) -> Path:
        """The socket on which the plugin is told of secrets that are learnt later."""
        return AttemptDirectory(self.path).told_secrets

    @property
    def temporary(self) -> Path:
        """Ansible's temporary folder on this machine; removed at the end."""
        return self.path / "tmp"

    def read_hosts(self) -> tuple[PlayHost, ...]:
        """The hosts that the play was begun for; empty if it cannot have begun."""
        try:
            with open_regular(self.hosts) as file:
                return json_as(tuple[PlayHost, ...], file.read(_MAX_HOSTS_FILE_BYTES))
        except (OSError, ValueError):
            return ()

    def remove_private(self) -> None:
        """Remove what may hold secrets."""
        for path in (self.variables, self.plugin_settings, self.told_secrets):
            with suppress(OSError):
                path.unlink()
        shutil.rmtree(self.temporary, ignore_errors=True)


def plays_of_attempt(folder: Path) -> tuple[PlayFiles, ...]:
    """The plays of an attempt, in the order in which they began."""
    numbers = sorted(
        int(path.name)
        for path in (folder / PLAYS_FOLDER).glob("*")
        if path.name.isdecimal()
    )
    return tuple(PlayFiles(folder / PLAYS_FOLDER / str(number)) for number in numbers)


def last_play_of(folder: Path, host: str) -> PlayFiles | None:
    """The last play of an attempt that is for a host; `None` if none is; blocking."""
    return next(
        (
            files
            for files in reversed(plays_of_attempt(folder))
            if any(each.name == host for each in files.read_hosts())
        ),
        None,
    )
