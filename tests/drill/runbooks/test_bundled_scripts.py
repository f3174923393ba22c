"""Where nothing is there, each script of a bundled runbook says so, in its own words.

It runs in an empty folder, on a machine without any of what a deployment has: no
systemctl, no npm, no scripts, no backups.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mobius_tui.run.attempts.launcher import BASH
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_runbooks
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.runbook import Runbook, Step
from tests.drill.runbooks.programs import PROGRAMS
from tests.waiting import PATIENCE

ABSENT = frozenset(
    (
        *("systemctl", "journalctl", "service", "npm", "npx", "node", "unzip", "zip"),
        *("pkill", "pgrep", "killall", "curl", "wget", "git", "htop", "iostat", "jq"),
        *("ssh", "docker", "sudo", "sqlite3"),
    )
)
"""Programs that this machine is without; what acts on processes among them."""
NOISE = re.compile(r"^\S*/script: line \d+: ")
"""How bash itself complains."""
MISSING = ("command not found", "No such file or directory")
"""What bash says of a program that is not there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A script of a step, or the one that checks it."""

    step: Step
    text: str
    shell: tuple[str, ...] = BASH
    good: tuple[int, ...] = (0,)
    """The codes that say that all is well."""

    def __str__(self) -> str:
        action = self.step.action
        is_check = not isinstance(action, Run) or action.script != self.text
        return f"{self.step.id}{' check' if is_check else ''}"

    @property
    def only(self) -> str:
        """The program of a script that is one command and no more; else empty."""
        lines = [line for line in self.text.splitlines() if line.strip()]
        acts = [line for line in lines if not line.startswith(("#", "trap "))]
        return acts[0].split()[0] if len(acts) == 1 else ""


def scripts_of(book: Runbook) -> Iterator[Script]:
    """Every script of a runbook."""
    for step in book.steps():
        if isinstance(step.action, Run):
            action = step.action
            shell, good = action.shell or BASH, action.success
            yield Script(step=step, text=action.script, shell=shell, good=good)
        for check in step.checks:
            if isinstance(check, RunCheck):
                yield Script(step=step, text=check.script)


BOOKS = [load(path) for path in bundled_runbooks()]
SCRIPTS = list({s.text: s for book in BOOKS for s in scripts_of(book)}.values())


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs that every machine has."""
    folder = tmp_path_factory.mktemp("programs")
    for place in ("/usr/bin", "/bin"):
        for program in Path(place).iterdir():
            own = folder / program.name
            if program.name not in ABSENT and not own.is_symlink():
                own.symlink_to(program)
    return folder


def values(elsewhere: Path) -> dict[str, str]:
    """The defaults of the variables, and likely ones of what is not there."""
    defaults = {
        name: variable.default
        for book in BOOKS
        for name, variable in book.variables.items()
        if variable.default is not None
    }
    return {
        **defaults,
        "reason": "every page fails",
        "scenario": "packages",
        "backup_file": f"{elsewhere}/backups/dhash_production_20261124_120000.zip",
        "backup_sha256": "0" * 64,
        "backup_sums": f"{'0' * 64}  {elsewhere}/backups/none.zip",
        "restored": f"{elsewhere}/opened/content",
        "backup_copy": f"{elsewhere}/opened/none.zip",
        "release_archive": f"{elsewhere}/releases/mobius-2.4.0.tar.gz",
        "database_dump": f"{elsewhere}/dumps/mobius.db",
        "system_log": f"{elsewhere}/log/syslog",
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_script_that_finds_nothing_says_why(
    script: Script, programs: Path, tmp_path: Path
) -> None:
    scratch, elsewhere = tmp_path / "scratch", tmp_path / "elsewhere"
    for folder in (scratch / "here", scratch / "tmp", scratch / "home", elsewhere):
        folder.mkdir(parents=True)
    file, outputs = scratch / "script", scratch / "outputs"
    file.write_text(script.text)
    outputs.write_text("")
    env = {
        **values(elsewhere),
        **script.step.env,
        "PATH": f"{PROGRAMS}:{programs}",
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch / "tmp"),
        "RUNBOOK_OUTPUT": str(outputs),
    }
    ended = subprocess.run(
        (*script.shell, str(file)),
        cwd=scratch / "here",
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    own = [line for line in ended.stdout.splitlines() if not NOISE.match(line)]
    assert "Traceback" not in ended.stdout
    assert list(elsewhere.iterdir()) == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["elsewhere", "scratch"]
    if ended.returncode in script.good:
        is_check = str(script).endswith(" check")
        assert not is_check, f"it holds where nothing is: {ended.stdout!r}"
        assert not NOISE.match(ended.stdout), f"well, and yet: {ended.stdout!r}"
        return
    # A script that is one command needs no words beside those that name its program.
    enough = tuple(f"{script.only}: {words}" for words in MISSING if script.only)
    names_it = ended.stdout.rstrip("\n").endswith(enough) if enough else False
    assert names_it or any(len(line.split()) >= 3 for line in own), (
        f"{script} ends with {ended.returncode} and says: {ended.stdout!r}"
    )
