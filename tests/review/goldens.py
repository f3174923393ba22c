"""`python -m tests.review.goldens` writes the golden reports anew; read the diff."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from mobius_tui.review.report_builder import build_report
from tests.review.forms import FORMS, GOLDENS, golden
from tests.review.story import story


def renew() -> None:
    """Write every form of the story's report."""
    with TemporaryDirectory() as folder:
        told = build_report(story(Path(folder) / "runs").directory)
    for name in FORMS:
        (GOLDENS / name).write_text(golden(name, told), encoding="utf-8")


if __name__ == "__main__":
    renew()
