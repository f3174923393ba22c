"""What the program stands on: locked, and looked through."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

from tests.paths import ROOT


def test_every_package_is_locked_by_its_hashes() -> None:
    """Whatever can be installed is in the lock, each file of it with its SHA-256."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = settings["project"]
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    by_name = {package["name"]: package for package in locked}
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *settings["dependency-groups"].values(),
    ]
    wanted = [need for each in lists for need in each]
    names = {re.split(r"[<>=\[ ]", need, maxsplit=1)[0].lower() for need in wanted}
    assert names <= by_name.keys()
    for package in locked:
        if package["name"] == project["name"]:
            continue
        files = [*package.get("wheels", ()), package.get("sdist")]
        hashes = [file["hash"] for file in files if file is not None]
        assert hashes, package["name"]
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)


def test_its_types_are_there_for_whoever_imports_it() -> None:
    """Without the file, `Typing :: Typed` in pyproject.toml would not be so."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "Typing :: Typed" in project["classifiers"]
    assert (ROOT / "mobius_tui" / "py.typed").is_file()


def test_the_keepers_and_the_host_have_nothing_that_bandit_warns_of() -> None:
    """CI looks at all of the program; this shows that the look itself works."""
    run = ROOT / "mobius_tui" / "run"
    look = [sys.executable, "-m", "bandit", "--quiet", "--configfile"]
    done = subprocess.run(
        [
            *look,
            ROOT / "pyproject.toml",
            *("--recursive", run / "bare", run / "keeper.py", run / "host.py"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
