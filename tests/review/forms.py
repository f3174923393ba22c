"""Every form of a report, by the name of its golden file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mobius_tui.review.formats.html_report import as_html
from mobius_tui.review.formats.json_report import report_as_json
from mobius_tui.review.formats.junit_report import as_junit
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.run_report import RunReport
from tests.paths import TESTS

GOLDENS = TESTS / "review" / "golden"
FORMS: Mapping[str, Callable[[RunReport], str]] = {
    "report.md": as_markdown,
    "report.json": report_as_json,
    "report.html": as_html,
    "report.xml": as_junit,
}


def golden(name: str, told: RunReport) -> str:
    """A form as its golden file has it: without the head.

    An event that gains a field changes every journal's head, and nothing to read.
    """
    return FORMS[name](told).replace(told.head, "HEAD")
