"""Pictures of a report: a bar is as high as what was measured, and no label hides."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Tree

from mobius_tui.review.formats.svg_pictures import latency_picture
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_report import ReportCheckSlice
from mobius_tui.structs import replace
from tests.review.story import story


def picture(tmp_path: Path, *, limit: float) -> Tree.Element:
    """Of three checks: of 442 ms, a failed one of 22 ms, and one without an answer."""
    report = build_report(story(tmp_path / "runs").directory)
    slices = [
        ReportCheckSlice(at=0.0, ok=1, failed=0, no_data=0, ms=442.0),
        ReportCheckSlice(at=1.0, ok=0, failed=1, no_data=0, ms=22.0),
        ReportCheckSlice(at=2.0, ok=0, failed=1, no_data=0, ms=None),
    ]
    probe = replace(report.health[0], beats=tuple(slices), limit_ms=limit, p50_ms=22.0)
    return Tree.fromstring(latency_picture(probe, report, 0).text)


def test_a_failed_check_is_as_high_as_its_answer_took(tmp_path: Path) -> None:
    bars = [
        float(each.get("height", "0"))
        for each in picture(tmp_path, limit=5000.0).iter()
        if each.tag.endswith("rect") and len(each)
    ]
    slow, soon, none = bars
    assert slow > 2 * soon
    assert soon > none


def test_the_label_of_a_limit_above_lies_over_no_other(tmp_path: Path) -> None:
    texts = [
        e for e in picture(tmp_path, limit=5000.0).iter() if e.tag.endswith("text")
    ]
    heights = {(e.text or ""): float(e.get("y", "0")) for e in texts}
    gap = heights["442 ms"] - heights["limit 5000 ms, above"]
    assert gap > 11, "a line of text is 11 high"
