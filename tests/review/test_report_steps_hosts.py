"""What a report and the timeline tell of a step over many hosts."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from mobius_tui.review.formats.html_report import as_html
from mobius_tui.review.formats.json_report import report_as_json, report_schema
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_timeline import run_timeline
from mobius_tui.review.run_walk import RunWalker
from mobius_tui.review.timeline_moments import moments_of
from mobius_tui.run.journal.follower import Follower
from tests.tui import fleets


def test_hosts_are_told_the_worst_first_with_what_they_said(tmp_path: Path) -> None:
    made = fleets.twelve(tmp_path)
    report = build_report(made.run.directory)
    text = as_markdown(report)
    rows = [row for row in text.splitlines() if row.startswith("| web-")]
    assert "12 hosts: 1 failed, 1 unreachable, 3 running, 3 pending, 1 changed" in text
    assert rows[0].startswith("| web-004 | failed 1 | 2 |")
    assert "[emerg] bind() to 0.0.0.0:443 failed" in rows[0]
    assert rows[1].startswith("| web-008 | unreachable | 3 |")
    assert "no answer for 14 s" in rows[1]
    assert len(rows) == 12
    assert "test is successful" not in "".join(rows), "what passed says nothing"
    assert "<td>web-004</td>" in as_html(report)
    tree = json.loads(report_as_json(report))
    Draft202012Validator(json.loads(report_schema())).validate(tree)
    steps = {each["id"]: each for p in tree["phases"] for each in p["steps"]}
    hosts = steps["restart-twelve"]["tries"][0]["hosts"]
    assert [each["status"] for each in hosts][:2] == ["failed", "unreachable"]


def test_of_many_the_worst_have_rows(tmp_path: Path) -> None:
    made = fleets.many_failed(tmp_path)
    text = as_markdown(build_report(made.run.directory))
    rows = [row for row in text.splitlines() if row.startswith("| web-")]
    assert len(rows) == 100
    assert all("failed 1" in row for row in rows[:32])
    assert "; the last 400 are in the JSON form" in text


def test_each_batch_has_a_lane_with_who_went_wrong_in_it(tmp_path: Path) -> None:
    made = fleets.twelve(tmp_path)
    follower = Follower(made.run.directory)
    walker = RunWalker(follower.plan)
    for entry in follower.initial_entries:
        walker.apply(entry)
    moments = moments_of(follower.plan, follower.initial_entries, walker.timeline, ())
    whole = run_timeline(follower.plan, walker.state, moments, {}, until=made.run.at)
    lanes = [each for each in whole.lanes if each.kind == "batch"]
    assert [(each.title, each.bars[0].tone) for each in lanes] == [
        ("batch 1: 1 host", "good"),
        ("batch 2: 3 hosts", "bad"),
        ("batch 3: 8 hosts", "bad"),
    ]
    told = [[moment.text.split(":")[0] for moment in each.moments] for each in lanes]
    assert told == [["held"], ["web-004 failed"], ["web-008 unreachable"]]
