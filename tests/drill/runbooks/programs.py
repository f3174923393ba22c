"""The programs of the MOBIUS runbooks, run as a step runs them: by PATH, in a site."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mobius_tui.drill.site.drill_site import Site, environment_variables
from tests.paths import ROOT
from tests.waiting import PATIENCE

PROGRAMS = ROOT / "runbooks" / "mobius"


def run_program(
    *command: object,
    where: Path,
    site: Site | None = None,
    around: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """The exit code of a program, and all that it said.

    Args:
        command: its name, then its arguments.
        where: the folder that it runs in.
        site: the site whose stand-ins are found before all other programs.
        around: more of its environment.
    """
    env = {**os.environ, **(environment_variables(site) if site else {})}
    env.update(around or {}, MOBIUS_PACE="0")
    env["PATH"] = f"{PROGRAMS}{os.pathsep}{env['PATH']}"
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=where,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return ended.returncode, ended.stdout
