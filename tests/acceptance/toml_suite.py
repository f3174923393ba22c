"""The public suite of TOML files, read as a runbook's file is.

It is in no package that can be installed, but in the source archive of one:

    pip download --no-deps --no-binary :all: tomlkit==0.15.2
    python -m tests.acceptance.toml_suite tomlkit-0.15.2.tar.gz
"""

from __future__ import annotations

import argparse
import sys
import tarfile
import time
import tomllib
import traceback
from pathlib import Path, PurePath

from mobius_tui.runbook.library.loader import decode_runbook
from mobius_tui.runbook.toml.runbook_source import RefusedError
from mobius_tui.runbook.toml.toml_document import Findings, parse_toml
from tests.acceptance.input_files import read

SUITE = "/toml-test/tests/"
LIST = "files-toml-1.0.0"
"""The file that names those of TOML 1.0, which is what runbooks are written in."""
LIMIT = 1.0
"""Seconds of processor time that a file may take."""


def suite(archive: Path) -> dict[str, bytes]:
    """The files for TOML 1.0, by their names in the suite."""
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            content = packed.extractfile(member) if SUITE in member.name else None
            if content is not None:
                found[member.name.partition(SUITE)[2]] = content.read()
    names = found[LIST].decode().split()
    return {name: found[name] for name in names if name.endswith(".toml")}


def fault(name: str, data: bytes) -> str:
    """What is wrong with how a file is read; empty if nothing is."""
    began = time.process_time()
    try:
        runbook, problems = decode_runbook(Path(PurePath(name).name), data, read)
        tree = parse_toml(name, data, Findings()).tree
    except RefusedError as error:
        if name.startswith("valid/"):
            return f"it is refused: {error.problem.render()}"
        return "" if name in error.problem.render() else "its name is not told"
    except Exception:  # noqa: BLE001 - what it looks for
        return traceback.format_exc()
    if name.startswith("invalid/"):
        return "it is read"
    if repr(tree) != repr(tomllib.loads(data.decode())):
        return f"it is read as {tree!r}"
    if runbook is not None or not problems:
        return "it is taken for a runbook"
    took = time.process_time() - began
    return f"it took {took:.1f} s" if took > LIMIT else ""


def main() -> int:
    """Read all of them, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    files = suite(parser.parse_args().archive)
    faults = {name: fault(name, data) for name, data in files.items()}
    wrong = {name: words for name, words in faults.items() if words}
    valid = sum(name.startswith("valid/") for name in files)
    print(f"{valid} valid, {len(files) - valid} invalid, {len(wrong)} faults")
    for name, words in wrong.items():
        print(f"{name}: {words}")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
