"""The steps of a runbook, each run for real against a drill site."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from mobius_tui.drill.site.drill_site import (
    Site,
    drill_variables,
    environment_variables,
)
from mobius_tui.run.attempts.attempt_files import read_outputs
from mobius_tui.run.attempts.launcher import BASH
from mobius_tui.run.storage.run_directory import AttemptDirectory
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.runbook import Runbook
from tests.drill.runbooks.programs import PROGRAMS
from tests.paths import ROOT
from tests.waiting import PATIENCE

ROLLBACK_RUNBOOK = ROOT / "runbooks" / "mobius-rollback.toml"


class Walk:
    """Runs steps as a host does: by file, variables as environment, outputs kept."""

    def __init__(self, runbook: Runbook, site: Site, scratch: Path) -> None:
        self.steps = {step.id: step for step in runbook.steps()}
        self.site = site
        self.scratch = scratch
        self.first: Path | None = None
        defaults = {
            name: variable.default
            for name, variable in runbook.variables.items()
            if variable.default is not None
        }
        chosen = {"scenario": "packages"}
        self.values = {**defaults, **drill_variables(site), **chosen}

    def run(self, step_id: str) -> tuple[int, str]:
        """The exit code and output of a step's script."""
        action = self.steps[step_id].action
        assert isinstance(action, Run)
        return self._run(step_id, action.script, action.shell or BASH)

    def check(self, step_id: str) -> tuple[int, str]:
        """The same of the script that checks a step; 0 for each code that holds."""
        (check,) = (c for c in self.steps[step_id].checks if isinstance(c, RunCheck))
        code, output = self._run(step_id, check.script, BASH)
        return 0 if code in check.success else code, output

    def _run(self, step_id: str, text: str, shell: tuple[str, ...]) -> tuple[int, str]:
        attempt = AttemptDirectory(self.scratch)
        attempt.script.write_text(text)
        attempt.outputs.write_text("")
        ours = {"RUNBOOK_OUTPUT": str(attempt.outputs), "MOBIUS_PACE": "0"}
        own = self.steps[step_id].env
        env = {
            **os.environ,
            **environment_variables(self.site),
            **self.values,
            **own,
            **ours,
        }
        env["PATH"] = f"{PROGRAMS}:{env['PATH']}"
        if self.first is not None:
            env["PATH"] = f"{self.first}:{env['PATH']}"
        ended = subprocess.run(
            (*shell, str(attempt.script)),
            cwd=self.site.root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        self.values.update(read_outputs(attempt))
        return ended.returncode, ended.stdout

    def all(self, *step_ids: str) -> None:
        """Run steps of which each must go well."""
        for step_id in step_ids:
            code, output = self.run(step_id)
            assert code == 0, f"{step_id}: {output}"

    def interpose(self, tool: str, script: str) -> None:
        """Let something happen just before a program of the step begins."""
        self.first = self.scratch / "first"
        self.first.mkdir(exist_ok=True)
        real = shutil.which(tool)
        own = self.first / tool
        own.write_text(f'#!/bin/bash\n{script}\nexec {real} "$@"\n')
        own.chmod(0o755)

    def proposed(self) -> str:
        """The name of the backup that is proposed."""
        return Path(self.values["backup_file"]).name

    def rows(self) -> dict[str, str]:
        """What is said of each backup, by its name; of bad ones by their time."""
        rows = (row.split("\t") for row in self.values["backups"].split("\n"))
        return {Path(value).name or title: why for value, title, why in rows}
