"""A team's own staging in a drill, and its faults from `--inject-cmd FILE.toml`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from msgspec import Struct, to_builtins

from mobius_tui.drill.drill_record import OWN_STAGING_FILE, is_own_staging
from mobius_tui.drill.faults import FAULTS, Fault
from mobius_tui.drill.faults.fleet_faults import FLEET_FAULTS
from mobius_tui.drill.injection_log import read_acts
from mobius_tui.drill.site.drill_site import Site, open_site
from mobius_tui.errors import RunError, UsageError
from mobius_tui.folders import make_folders
from mobius_tui.runbook.decode.value_readers import read_duration, read_id
from mobius_tui.runbook.model.keys import TIMEOUT
from mobius_tui.runbook.text.template_text import is_template
from mobius_tui.runbook.text.units import parse_duration
from mobius_tui.runbook.toml.problem import problem_report
from mobius_tui.runbook.toml.runbook_source import RefusedError, read_bytes
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.runbook.toml.toml_document import (
    Findings,
    TooManyProblemsError,
    parse_toml,
)
from mobius_tui.runbook.toml.unknown_keys import report_unknown_keys

OUTPUT_TAIL_BYTES = 4096
"""Bytes of a script's output of which the last line is told."""


class OwnFault(Struct, frozen=True, kw_only=True):
    """One `[[fault]]`: scripts for bash, which exit 0 where they worked or hold."""

    name: str
    title: str
    """What people notice; never what is wrong."""
    inject: str
    """Breaks it."""
    heal: str
    """Puts it right, whatever was done to it."""
    verify: str
    """Holds where the service is as it should be."""
    symptom: str = ""
    """Holds where the fault shows; without one, that `verify` does not hold."""
    handled_by: str = ""
    """For the end of a drill."""
    timeout: float = 60.0
    """Seconds that each of them may take, and in which the fault must show."""


def own_faults(path: Path) -> tuple[OwnFault, ...]:
    """Read the faults of a team's own from a file.

    Raises:
        UsageError: it cannot be read, or is wrong; the text is the whole report.
    """
    findings = Findings()
    found: list[OwnFault] = []
    try:
        root = TomlTable(parse_toml(str(path), read_bytes(path), findings))
        for table in root.tables("fault"):
            fault = _read_fault(table)
            if fault.name in {each.name for each in found}:
                table.report(f"a second fault `{fault.name}`", "id")
            found.append(fault)
        if not root.has("fault"):
            root.report("there is no [[fault]] in it")
        report_unknown_keys(root.registry.tables)
    except RefusedError as error:
        findings.problems.append(error.problem)
    except TooManyProblemsError:
        pass  # so many are reported below
    if findings.problems:
        places = sorted(findings.problems, key=lambda each: (each.line, each.column))
        raise UsageError(problem_report(places))
    return tuple(found)


def _read_fault(table: TomlTable) -> OwnFault:
    table.require("title", "inject", "heal", "verify")
    limit = read_duration(table, "timeout", "1m", TIMEOUT)
    if is_template(limit):
        table.report('`timeout` is filled in with nothing here: write "30s"', "timeout")
        limit = "1m"
    return OwnFault(
        name=read_id(table),
        title=table.text("title"),
        inject=_script(table, "inject"),
        heal=_script(table, "heal"),
        verify=_script(table, "verify"),
        symptom=table.text("symptom", lines=True),
        handled_by=table.text("handled_by"),
        timeout=parse_duration(limit),
    )


def _script(table: TomlTable, key: str) -> str:
    text = table.text(key, lines=True)
    if table.has(key) and not text.strip():
        table.report(f"`{key}` is an empty script", key)
    return text


BASH_COMMAND = ("bash", "--noprofile", "--norc", "-euo", "pipefail", "-c")
POLL_SECONDS = 0.2
"""Seconds between looks whether a fault shows."""


def make_own_staging_folder(
    root: Path,
    faults: Sequence[OwnFault],
    *,
    env: Mapping[str, str],
    workdir: Path,
) -> None:
    """Make the folder of a staging; only its owner may read it.

    Args:
        root: the folder, which must not exist yet.
        faults: what can be done to the staging.
        env: the environment of the commands; the run's values are among it.
        workdir: where they run.
    """
    make_folders(root / "run")
    staging = {
        "faults": [to_builtins(each) for each in faults],
        "env": dict(env),
        "workdir": str(workdir),
    }
    handle = os.open(
        root / OWN_STAGING_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
    )
    with os.fdopen(handle, "w") as file:
        json.dump(staging, file)


def site_at(root: Path) -> Site:
    """The site in a folder, or what stands for a team's own staging.

    Raises:
        RunError: there is neither.
    """
    if is_own_staging(root):
        return Site(root=root.resolve(), port=0, base_url="", bin=root / "bin")
    return open_site(root)


def faults_at(root: Path) -> Mapping[str, Fault]:
    """The faults of a site or staging, by name.

    Raises:
        RunError: the folder cannot be read.
    """
    if not is_own_staging(root):
        return FLEET_FAULTS if open_site(root).hosts else FAULTS
    try:
        staging = json.loads((root / OWN_STAGING_FILE).read_text())
        own = [OwnFault(**each) for each in staging["faults"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{root / OWN_STAGING_FILE} cannot be read: {error}") from error
    return {each.name: _staging_fault(each) for each in own}


def _staging_fault(own: OwnFault) -> Fault:
    return Fault(
        name=own.name,
        title=own.title,
        handled_by=own.handled_by or "the runbook's own way",
        inject=partial(_run_or_raise, own, "inject"),
        heal=partial(_run_or_raise, own, "heal"),
        symptom=partial(_symptom, own),
        unrepaired=partial(_unrepaired, own),
    )


def _run_or_raise(own: OwnFault, command: str, site: Site) -> None:
    """Run one of the commands of a fault, which must work.

    Raises:
        RunError: it failed.
    """
    problem = _run(own, command, site.root)
    if problem:
        raise RunError(f"{own.name}: `{command}`: {problem}")


def _symptom(own: OwnFault, site: Site) -> str:
    if own.symptom:
        return "" if _run(own, "symptom", site.root) else "its `symptom` holds"
    return _run(own, "verify", site.root)


def _unrepaired(own: OwnFault, site: Site) -> tuple[str, ...]:
    problem = _run(own, "verify", site.root)
    return (f"{own.name}: `verify`: {problem}",) if problem else ()


def _run(own: OwnFault, command: str, root: Path) -> str:
    """Run one of a fault's commands; returns what went wrong, or nothing."""
    staging = json.loads((root / OWN_STAGING_FILE).read_text())
    # Into a file, as what the script leaves behind may hold a pipe for ever.
    with TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                (*BASH_COMMAND, getattr(own, command)),
                cwd=staging["workdir"],
                env=staging["env"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return f"it cannot be run: {error.strerror}"
        try:
            process.wait(own.timeout)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"it took longer than {own.timeout:.0f} s, so it was stopped"
        if process.returncode == 0:
            return ""
        output.seek(max(0, output.seek(0, os.SEEK_END) - OUTPUT_TAIL_BYTES))
        lines = output.read().decode("utf-8", "replace").strip().splitlines()
    last = f": {lines[-1][:200]}" if lines else ""
    return f"exit code {process.returncode}{last}"


def wait_for_symptom(fault: Fault, site: Site, limit: float) -> None:
    """Wait until the symptom of an injected fault shows.

    Raises:
        RunError: it did not within `limit` seconds.
    """
    deadline = time.monotonic() + limit
    while not fault.symptom(site):
        if time.monotonic() > deadline:
            raise RunError(
                f"{fault.name} does not show after {limit:.0f} s: after `inject`, "
                "`symptom` must hold, or `verify` fail where there is none"
            )
        time.sleep(POLL_SECONDS)


def unrepaired_faults(root: Path) -> tuple[str, ...]:
    """Injected faults that are not repaired, each with the reason.

    Raises:
        RunError: the folder cannot be read.
    """
    faults, site = faults_at(root), site_at(root)
    names = dict.fromkeys(each.fault for each in read_acts(root))
    problems = [faults[name].unrepaired(site) for name in names if name in faults]
    return tuple(line for lines in problems for line in lines)


def heal_remaining(root: Path) -> tuple[str, ...]:
    """Heal the injected faults that are not repaired; returns what could not be."""
    unhealed: list[str] = []
    try:
        faults, site = faults_at(root), site_at(root)
        for name in dict.fromkeys(each.fault for each in read_acts(root)):
            if name in faults and faults[name].unrepaired(site):
                try:
                    faults[name].heal(site)
                except RunError as error:
                    unhealed.append(str(error))
    except (RunError, OSError, ValueError) as error:
        unhealed.append(str(error))
    return tuple(unhealed)
