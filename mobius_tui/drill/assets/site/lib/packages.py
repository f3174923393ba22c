"""What stands in for npm: packages of this drill site's registry, and its scripts."""

from __future__ import annotations

import json
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


def read(name: str) -> dict[str, Any]:
    """One of the two lists of packages.

    Raises:
        SystemExit: it cannot be read.
    """
    try:
        found = json.loads((SITE / name).read_text())
    except (OSError, ValueError) as error:
        raise SystemExit(f"npm error {name}: {error}") from error
    return found if isinstance(found, dict) else {}


def install() -> int:
    """`npm ci`: throw away what is installed, and install what the lock file names."""
    locked = read("package-lock.json").get("packages", {})
    wanted = {name: entry for name, entry in locked.items() if name}
    shutil.rmtree(MODULES, ignore_errors=True)
    MODULES.mkdir()
    for name, entry in wanted.items():
        package = f"{Path(name).name}-{entry['version']}"
        if not (REGISTRY / package).is_dir():
            sys.stderr.write(f"npm error 404 Not Found - {package}\n")
            return 1
        shutil.copytree(REGISTRY / package, SITE / name, copy_function=shutil.copyfile)
    (MODULES / ".package-lock.json").write_text(json.dumps({"packages": wanted}))
    sys.stdout.write(f"added {len(wanted)} packages\n")
    return 0


def listed() -> int:
    """`npm list --depth=0`: what is installed; 1 where it is not what is asked for."""
    wrong = 0
    about = read("package.json")
    sys.stdout.write(f"{about['name']}@{about['version']} {SITE}\n")
    for name, version in about.get("dependencies", {}).items():
        file = MODULES / name / "package.json"
        found = json.loads(file.read_text())["version"] if file.exists() else None
        sys.stdout.write(f"└── {name}@{found or 'missing'}\n")
        if found != version:
            wrong = 1
            sys.stderr.write(f"npm error missing: {name}@{version}, found {found}\n")
    return wrong


def run(script: str) -> int:
    """`npm run SCRIPT`."""
    if script not in read("package.json").get("scripts", {}):
        sys.stderr.write(f'npm error Missing script: "{script}"\n')
        return 1
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
            scripts = read("package.json").get("scripts", {})
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
