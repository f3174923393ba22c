"""Where the tests find what they read."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
DATA = TESTS / "data"
CASES = DATA / "cases"
"""Inputs that were once seen to go wrong, by subject."""
ROOT = TESTS.parent
"""The repository: README, pyproject, `runbooks/`, `screenshots/`."""
