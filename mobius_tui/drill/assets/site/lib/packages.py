"""What stands in for npm: packages of this drill site's registry, and its scripts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SITE = Path(__file__).resolve().parents[1]
REGISTRY = SITE / "lib" / "registry"
MODULES = SITE / "node_modules"
COMMANDS = {"migrate": "migrate", "migrate:rollback": "rollback"}
"""What each script of package.json that acts calls `database.py` with."""


def fail(words: str) -> SystemExit:
    """What ends it, said as npm says it."""
    return SystemExit(f"npm error {words}")


def read(name: str, within: str) -> dict[str, Any]:
    """A part of one of the two lists of packages; empty where it has no such part.

    Raises:
        SystemExit: it cannot be read.
    """
    try:
        found = json.loads((SITE / name).read_text())
        part = found.get(within, {})
    except (OSError, ValueError, AttributeError) as error:
        raise fail(f"{name}: {error}") from error
    if not isinstance(part, dict):
        raise fail(f"{name}: {within} is no list of names")
    return part


def locked() -> dict[str, str]:
    """The folder of each package that the lock file names, and its name here.

    Raises:
        SystemExit: the lock file names another place, or no version.
    """
    found = {}
    for name, entry in read("package-lock.json", "packages").items():
        version = entry.get("version") if isinstance(entry, dict) else None
        first, _, package = name.partition("/")
        plain = re.fullmatch(r"[a-z][a-z0-9-]*", package)
        if name and not (first == "node_modules" and plain):
            raise fail(f"package-lock.json: {name!r} is not below node_modules")
        if name and not re.fullmatch(r"[0-9][0-9a-z.-]*", str(version)):
            raise fail(f"package-lock.json: {name} has no version")
        if name:
            found[name] = f"{package}-{version}"
    return found


def install() -> int:
    """`npm ci`: throw away what is installed, and install what the lock file names."""
    wanted = locked()
    shutil.rmtree(MODULES, ignore_errors=True)
    MODULES.mkdir(mode=0o755)
    for name, package in wanted.items():
        if not (REGISTRY / package).is_dir():
            raise fail(f"404 Not Found - {package}")
        shutil.copytree(REGISTRY / package, SITE / name, copy_function=shutil.copyfile)
    (MODULES / ".package-lock.json").write_text(json.dumps({"packages": wanted}))
    sys.stdout.write(f"added {len(wanted)} packages\n")
    return 0


def listed() -> int:
    """`npm list --depth=0`: what is installed; 1 where it is not what is asked for."""
    wrong = 0
    for name, version in read("package.json", "dependencies").items():
        try:
            file = MODULES / name / "package.json"
            found = str(json.loads(file.read_text())["version"])
        except (OSError, ValueError, LookupError, TypeError):
            found = "missing"
        sys.stdout.write(f"└── {name}@{found}\n")
        if found != version:
            wrong = 1
            sys.stderr.write(f"npm error missing: {name}@{version}, found {found}\n")
    return wrong


def run(script: str) -> int:
    """`npm run SCRIPT`."""
    if script not in read("package.json", "scripts"):
        raise fail(f'Missing script: "{script}"')
    if script not in COMMANDS:
        raise fail(f"{script}: a service manager does that here, see systemctl")
    program = (sys.executable, "-ISB", str(SITE / "lib" / "database.py"))
    return subprocess.run((*program, COMMANDS[script])).returncode


def main(arguments: list[str]) -> int:
    """Do what the first argument names."""
    match arguments:
        case ["--version" | "-v"]:
            sys.stdout.write("10.0.0\n")
            return 0
        case ["ci", *_]:
            return install()
        case ["list" | "ls", *_]:
            return listed()
        case ["run"]:
            scripts = read("package.json", "scripts")
            sys.stdout.write("".join(f"  {name}\n" for name in scripts))
            return 0
        case ["run", script]:
            return run(script)
        case ["--help", *_]:
            sys.stderr.write("npm ci|list|run [SCRIPT]\n")
            return 0
        case _:
            sys.stderr.write("npm ci|list|run [SCRIPT]\n")
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
