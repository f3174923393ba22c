"""Examines what the program needs: Python, its packages, and bash."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from mobius_tui.doctor.finding import Finding
from mobius_tui.run.attempts.launcher import BASH

OLDEST_PYTHON = (3, 11)
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*([^;]*)")
_BOUND = re.compile(r"(<|>=)\s*([0-9.]+)")


def install_findings(path: str) -> Iterator[Finding]:
    """Examine Python, the required packages, and bash.

    Args:
        path: PATH.
    """
    version_text = sys.version.split(maxsplit=1)[0]
    good = sys.version_info >= OLDEST_PYTHON
    yield Finding(
        about="Python",
        verdict="ok" if good else "trouble",
        words=f"{version_text}, {sys.executable}",
        remedy="" if good else "install Python 3.11 or newer",
    )
    for need in requires("mobius-tui") or ():
        if ";" not in need:
            yield _package(need)
    bash = shutil.which(BASH[0], path=path)
    yield Finding(
        about=BASH[0],
        verdict="ok" if bash else "trouble",
        words=bash or "not on PATH: no step that names no `shell` can run",
        remedy="" if bash else "install it",
    )


def _package(need: str) -> Finding:
    match = _REQUIREMENT.match(need)
    assert match is not None
    name, bounds = match[1], match[2]
    remedy = f"pip install '{name}{bounds}'"
    try:
        have = version(name)
    except PackageNotFoundError:
        words = "is not installed"
        return Finding(about=name, verdict="trouble", words=words, remedy=remedy)
    if is_within_bounds(have, bounds):
        return Finding(about=name, verdict="ok", words=have)
    words = f"{have}, and {bounds} is wanted"
    return Finding(about=name, verdict="trouble", words=words, remedy=remedy)


def is_within_bounds(have: str, bounds: str) -> bool:
    """Whether a version is within bounds such as `<9,>=8.2`."""
    for sign, number in _BOUND.findall(bounds):
        if (_numbers(have) < _numbers(number)) != (sign == "<"):
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    """A version's leading numbers, so that 8.10 comes after 8.9."""
    match = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, match[0].split("."))) if match else ()
