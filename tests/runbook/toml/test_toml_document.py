"""The suite of TOML files that comes with Python, read as a runbook's file is."""

from __future__ import annotations

import sysconfig
import tomllib
from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.toml.runbook_source import RefusedError
from mobius_tui.runbook.toml.toml_document import Findings, parse_toml

FOLDER = Path(sysconfig.get_path("stdlib")) / "test" / "test_tomllib" / "data"


def files(kind: str) -> list[Path]:
    """Its files; made by TOML's own people, as tomllib's tests have them."""
    return sorted(FOLDER.glob(f"{kind}/**/*.toml"))


@pytest.mark.machine
def test_what_is_toml_is_read_and_what_is_none_is_refused_in_its_place() -> None:
    assert len(files("valid")) > 10, f"this Python came without its tests: {FOLDER}"
    for path in files("valid"):
        data = path.read_bytes()
        found = parse_toml(path.name, data, Findings())
        assert found.tree == tomllib.loads(data.decode()), path
    for path in files("invalid"):
        with pytest.raises(RefusedError) as caught:
            parse_toml(path.name, path.read_bytes(), Findings())
        assert path.name in caught.value.problem.render()
    for path in (*files("valid"), *files("invalid")):
        runbook, problems = examine(path)
        assert runbook is None
        assert problems
