"""What every test shares: state folders of its own, and runbooks made from text.

And what all of them share: that no process is left of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from tests.left_behind import LeftBehind

# How long an example takes is no property: others share the machine.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to mark what the tests start."""
    config.pluginmanager.register(LeftBehind(config))


MakeRunbook = Callable[[str], Runbook]


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own, so that nothing of the machine is touched."""
    home = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("MOBIUS_TUI_SHARED", str(tmp_path / "shared"))
    return home


@pytest.fixture
def make_runbook(tmp_path: Path) -> MakeRunbook:
    """Load a runbook from its phases; the head is written here."""

    def make(body: str) -> Runbook:
        head = ""
        if "[runbook]" not in body:
            head = 'format = 1\n[runbook]\nid = "test"\ntitle = "Test"\n'
        path = tmp_path / "test.toml"
        path.write_text(head + body)
        return load(path)

    return make
