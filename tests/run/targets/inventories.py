"""A program in the place of `ansible-inventory`, which prints what a test says."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

ANSWER: Mapping[str, object] = {
    "_meta": {
        "hostvars": {
            "web-2": {"ansible_host": "10.0.0.2", "ansible_port": 2222},
            "db-1": {"ansible_user": "ops", "ansible_port": "22"},
        }
    },
    "all": {"children": ["ungrouped", "prod"]},
    "prod": {"children": ["web", "db"]},
    "web": {"hosts": ["web-1", "web-2", "web-3"]},
    "db": {"hosts": ["db-1"]},
}


def put_program(folder: Path, script: str) -> Mapping[str, str]:
    """Put an `ansible-inventory` on PATH, and an inventory `hosts.ini` beside.

    Returns:
        The environment in which it is found.
    """
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    program = programs / "ansible-inventory"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (folder / "hosts.ini").write_text("[web]\n")
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}


def put_answer(folder: Path, answer: object) -> Mapping[str, str]:
    """Put one that gives an answer; returns the environment in which it is found."""
    (folder / "answer.json").write_text(json.dumps(answer))
    return put_program(folder, f"cat {folder}/answer.json")
