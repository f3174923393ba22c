"""Holds the newest Textual to what the program relies on of its private side.

    python -m tests.textual_next

It makes a virtual environment in a temporary folder, installs the project and then the
newest release of Textual, and runs the contract tests there, and only these. It prints
which of them failed, by the name of Textual's that has moved. The folder is removed
afterwards.

Exit codes: 0 if the contract holds; 1 if some of it is broken; 2 if it could not be
asked, as without a network.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from tests.paths import TESTS

ROOT = TESTS.parent
CONTRACT = TESTS / "tui" / "backend" / "test_textual_private_contract.py"
HOLDS, BROKEN, UNASKED = 0, 1, 2
INSTALL_LIMIT, TEST_LIMIT = 900, 600
"""Seconds."""
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
FAILED = re.compile(r"^FAILED \S+?::(?P<test>\w+)(?:\[(?P<name>[^\]]+)\])?", re.M)


class UnaskedError(Exception):
    """The contract tests could not be run; the words say why."""


def run(
    python: Path, *arguments: str, limit: float
) -> subprocess.CompletedProcess[str]:
    """Run a Python in a folder where nothing of this environment is seen.

    Args:
        python: the interpreter.
        arguments: its own.
        limit: seconds.

    Raises:
        UnaskedError: it took longer.
    """
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        return subprocess.run(
            [python, *arguments],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=limit,
        )
    except subprocess.TimeoutExpired as error:
        raise UnaskedError(f"{' '.join(arguments)}: not done in {limit} s") from error


def install(python: Path, *wanted: str) -> None:
    """Install with pip.

    Raises:
        UnaskedError: it could not; most often there is no network.
    """
    done = run(python, *PIP, "install", "--quiet", *wanted, limit=INSTALL_LIMIT)
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if "ERROR" in line]
        why = lines[-1] if lines else f"pip ended with {done.returncode}"
        raise UnaskedError(
            f"cannot install {' '.join(wanted)}: {why}\n"
            "Is there a network, and does pip reach an index?"
        )


def version_of(python: Path) -> str:
    """The release of Textual that is installed."""
    words = "from importlib.metadata import version; print(version('textual'))"
    return run(python, "-c", words, limit=60).stdout.strip()


def broken(report: str) -> list[str]:
    """The names in the failures of a test report, in its order.

    Args:
        report: what pytest printed with `-rf`.
    """
    return [found["name"] or found["test"] for found in FAILED.finditer(report)]


def ask(folder: Path, contract: Path = CONTRACT) -> int:
    """Make the environment, run the contract tests in it, and print what they found.

    Args:
        folder: an empty one for the environment.
        contract: the tests.

    Returns:
        `HOLDS` or `BROKEN`.

    Raises:
        UnaskedError: the tests could not be run.
    """
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    install(python, str(ROOT), "pytest>=9,<10")
    declared = version_of(python)
    install(python, "--upgrade", "textual")
    version = version_of(python)
    print(f"Textual {version}; {declared} is the newest that pyproject.toml allows")
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\n")
    done = run(
        python,
        *("-m", "pytest", "-q", "-rf", "--noconftest", "--import-mode=importlib"),
        *("-p", "no:cacheprovider", "-c", str(settings), f"--rootdir={ROOT}"),
        str(contract),
        limit=TEST_LIMIT,
    )
    if done.returncode not in (HOLDS, BROKEN):
        raise UnaskedError(f"the contract tests did not run:\n{done.stdout[-2000:]}")
    for name in broken(done.stdout):
        print(f"broken: {name}")
    print(done.stdout.splitlines()[-1])
    return done.returncode


def main(arguments: Sequence[str]) -> int:
    """Ask; returns the exit code."""
    if arguments:
        print("usage: python -m tests.textual_next", file=sys.stderr)
        return UNASKED
    with tempfile.TemporaryDirectory(prefix="textual-next-") as folder:
        try:
            return ask(Path(folder))
        except UnaskedError as error:
            print(f"textual_next: {error}", file=sys.stderr)
            return UNASKED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
