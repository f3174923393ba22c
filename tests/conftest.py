"""What every test shares: state folders of its own, and runbooks made from text.

And what all of them share: that no process is left of them, and that what a fresh
machine has to compile is compiled once.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook
from tests.left_behind import LeftBehind
from tests.paths import ROOT

# How long an example takes is no property: others share the machine. Each run draws
# other examples; `.ci/run` draws as many as Hypothesis does by itself.
settings.register_profile("many", deadline=None)
settings.register_profile("some", deadline=None, max_examples=40)
settings.load_profile("some")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to mark what the tests start."""
    config.pluginmanager.register(LeftBehind(config))


def missing_programs(item: pytest.Item) -> set[str]:
    """The programs that a test names in its mark `machine`, and that are not there."""
    beside = Path(sys.executable).parent
    places = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin:{beside}"
    wanted = {name for mark in item.iter_markers("machine") for name in mark.args}
    return {name for name in wanted if shutil.which(name, path=places) is None}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that wants what is not there fails at once, and says what."""
    if missing := missing_programs(item):
        pytest.fail(f"it wants {', '.join(sorted(missing))}", pytrace=False)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where tests are only listed, what they want in vain is told."""
    if session.config.option.collectonly:
        require_programs(session.items)


def require_programs(items: Iterable[pytest.Item]) -> None:
    """Refuse tests that want a program which is not there.

    Raises:
        pytest.UsageError: it names all such programs.
    """
    if missing := {name for item in items for name in missing_programs(item)}:
        raise pytest.UsageError(
            f"tests want {', '.join(sorted(missing))}, which this machine lacks"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Read the tests from another place on in each worker.

    Every worker collects all of them. On a machine where none has run, all would
    compile the same file at the same time, each for itself; so each finds compiled what
    another began with.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None:
        return
    files = sorted(test_files(session.config))
    share = len(files) * int(worker["workerid"].removeprefix("gw"))
    first = share // worker["workercount"]
    for file in files[first:] + files[:first]:
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        with contextlib.suppress(Exception):  # it is told where it is collected
            importlib.import_module(name)


def test_files(config: pytest.Config) -> Iterator[Path]:
    """The files that are to be collected."""
    left_out = [Path(each).resolve() for each in config.getoption("ignore") or ()]
    for each in config.args:
        place = Path(each.partition("::")[0]).resolve()
        for file in place.rglob("test_*.py") if place.is_dir() else [place]:
            if not any(file.is_relative_to(other) for other in left_out):
                yield file


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
