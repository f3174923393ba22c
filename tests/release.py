"""Make a release ready: `python -m tests.release 0.3.0`.

The tree must be clean and CHANGELOG.md must have a dated section. The version is set,
and the project's home where git knows one; the archive and the wheel are built in
`dist/` from what git knows alone, and the wheel is tried in an environment of its own.
Nothing is committed, tagged or sent: the last lines say what is left to do.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

from packaging.version import InvalidVersion, Version

from tests.paths import ROOT

VERSION_LINE = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_PATH = r"(?P<path>[\w./-]+?)(?:\.git)?/?"
HTTPS = re.compile(rf"https://(?:[^@/]+@)?(?P<host>[\w.-]+)/{_PATH}")
SSH = re.compile(rf"git@(?P<host>[\w.-]+):{_PATH}")
"""Remotes that a browser can open, too; a name or password in one is left out."""
IN_THE_WHEEL = (
    *("mobius_tui/py.typed", "mobius_tui/runbooks/mobius-rollback.toml"),
    *("mobius_tui/review/report.schema.json", "mobius_tui/commands/assets/_mobius-tui"),
)
IN_THE_ARCHIVE = ("README.md", "CHANGELOG.md", "docs/README.md", "runbooks/README.md")


class NotReadyError(Exception):
    """Something is to be done first; the message says what."""


def version_of(root: Path) -> str:
    """The version that the package says it has."""
    found = VERSION_LINE.search((root / "mobius_tui" / "__init__.py").read_text())
    if found is None:
        raise NotReadyError('mobius_tui/__init__.py: no line `__version__ = "…"`')
    return found[1]


def set_version(root: Path, version: str) -> None:
    """Write the version where the package, and its build, read it."""
    path = root / "mobius_tui" / "__init__.py"
    path.write_text(VERSION_LINE.sub(f'__version__ = "{version}"', path.read_text()))


def set_home(root: Path) -> str:
    """Write where the project lives, which git alone knows, unless it stands there.

    Returns:
        The address; empty where there is none that a browser could open.
    """
    path = root / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    urls = tomllib.loads(text)["project"].get("urls")
    if urls:
        return str(next(iter(urls.values())))
    remotes = _git(root, "remote").split()
    origin = _git(root, "remote", "get-url", "origin") if "origin" in remotes else ""
    found = HTTPS.fullmatch(origin) or SSH.fullmatch(origin)
    if found is None:
        return ""
    home = f"https://{found['host']}/{found['path']}"
    before = "[project.scripts]\n"
    table = f'[project.urls]\nSource = "{home}"\n\n'
    path.write_text(text.replace(before, table + before, 1))
    return home


def look_at(root: Path, version: str, today: date) -> None:
    """See whether a release can be made.

    Args:
        root: the repository.
        version: the release's.
        today: the day, in UTC.

    Raises:
        NotReadyError: it cannot be made yet.
    """
    try:
        wanted = Version(version)
    except InvalidVersion as error:
        raise NotReadyError(f"{version} is no version; such as 0.3.0") from error
    if str(wanted) != version:
        raise NotReadyError(f"{version} is written {wanted}")
    if wanted < Version(version_of(root)):
        raise NotReadyError(f"{version} is older than {version_of(root)}")
    changed = _git(root, "status", "--porcelain")
    if changed:
        raise NotReadyError(f"the tree is not clean; commit first:\n{changed}")
    if _git(root, "tag", "--list", f"v{version}"):
        raise NotReadyError(f"there is a tag v{version}: choose another version")
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    head = f"## {version} - {today.isoformat()}"
    section = re.search(
        rf"^## {re.escape(version)} - (\d{{4}}-\d\d-\d\d)\n(.*?)(?=^## |\Z)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    if section is None:
        raise NotReadyError(f"CHANGELOG.md has no section `{head}`")
    if date.fromisoformat(section[1]) > today:
        raise NotReadyError(f"CHANGELOG.md: {version} is dated {section[1]}, to come")
    if "\n- " not in section[2]:
        raise NotReadyError(f"CHANGELOG.md says nothing of {version}")


def build(root: Path, work: Path) -> tuple[Path, Path]:
    """Build what is handed out, from what git knows alone.

    Args:
        root: the repository.
        work: a folder to work in.

    Returns:
        The source archive and the wheel, in `dist/`.
    """
    groups = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]
    python = _environment(work / "build")
    _run(python, "-m", "pip", "install", "--quiet", *groups["release"])
    tree = work / "tree"
    for name in _git(root, "ls-files", "-z").split("\0"):
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name:
            shutil.copy2(root / name, target)
    shutil.rmtree(root / "dist", ignore_errors=True)
    # The wheel is built from the archive, which so has all that it takes.
    _run(python, "-m", "build", "--outdir", root / "dist", tree)
    [archive], [wheel] = (root / "dist").glob("*.gz"), (root / "dist").glob("*.whl")
    return archive, wheel


def try_out(archive: Path, wheel: Path, version: str, work: Path) -> None:
    """Install the wheel by itself, and run what came with it.

    Raises:
        NotReadyError: something is missing, or is of another version.
    """
    with zipfile.ZipFile(wheel) as inside:
        _has_all(wheel, set(inside.namelist()), IN_THE_WHEEL)
    with tarfile.open(archive) as packed:
        names = {each.partition("/")[2] for each in packed.getnames()}
        _has_all(archive, names, IN_THE_ARCHIVE)
    python = _environment(work / "installed")
    _run(python, "-m", "pip", "install", "--quiet", wheel)
    program = python.with_name("mobius-tui")
    said = _run(program, "--version", cwd=work).strip()
    if said != f"mobius-tui {version}":
        raise NotReadyError(f"the wheel says that it is {said}")
    print(_run(program, "check", "mobius-rollback", cwd=work).strip())


def _has_all(file: Path, names: set[str], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in names]
    if missing:
        raise NotReadyError(f"{file.name} lacks {', '.join(missing)}")


def _environment(folder: Path) -> Path:
    """A new virtual environment; gives its Python."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def _git(root: Path, *words: str) -> str:
    return _run("git", "-C", root, *words).rstrip("\n")


def _run(*words: str | Path, cwd: Path | None = None) -> str:
    """What a command prints.

    Raises:
        NotReadyError: it failed; the message has all that it said.
    """
    done = subprocess.run(
        [*map(str, words)], capture_output=True, text=True, check=False, cwd=cwd
    )
    if done.returncode != 0:
        command = " ".join(map(str, words))
        raise NotReadyError(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout


def main(root: Path = ROOT) -> int:
    """Make a release ready; the exit code is 1 where something is to be done first."""
    parser = argparse.ArgumentParser(prog="python -m tests.release")
    parser.add_argument("version", help="such as 0.3.0")
    version = parser.parse_args().version
    try:
        look_at(root, version, datetime.now(UTC).date())
        set_version(root, version)
        home = set_home(root)
        with tempfile.TemporaryDirectory() as folder:
            archive, wheel = build(root, Path(folder))
            try_out(archive, wheel, version, Path(folder))
    except NotReadyError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"dist/{archive.name}\ndist/{wheel.name}\n")
    if not home:
        print(
            "It names no home: there is no remote `origin` that a browser could open."
        )
    print(f"Left to do: git commit -am 'Version {version}'; git tag v{version}; push.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
