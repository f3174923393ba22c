"""Runbooks of as many steps as a test wants."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook


def long_runbook(tmp_path: Path, steps: int) -> Runbook:
    path = tmp_path / "long.toml"
    head = 'format = 1\n[runbook]\nid = "long"\ntitle = "Long"\n'
    body = []
    for number in range(steps):
        if number % 100 == 0:
            body.append(f'[[phase]]\nid = "p{number}"\ntitle = "Phase {number}"\n')
        body.append(
            f'[[phase.step]]\nid = "s{number}"\ntitle = "Step {number}"\n'
            'effect = "read"\nrun = "true"\n'
        )
    path.write_text(head + "".join(body))
    return load(path)
