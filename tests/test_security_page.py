"""SECURITY.md names a test for each threat, and each of them is there."""

from __future__ import annotations

import re

from tests.paths import TESTS

HERE = TESTS
PAGE = HERE.with_name("SECURITY.md")
ROW = re.compile(r"^\| (?!asset|-)(?P<cells>.+) \|$", re.MULTILINE)


def test_each_threat_has_a_test_that_proves_what_is_done() -> None:
    rows = [each["cells"].split(" | ") for each in ROW.finditer(PAGE.read_text())]
    assert len(rows) > 20
    for row in rows:
        assert len(row) == 4, row
        found = re.fullmatch(r"`(?P<file>[\w/.]+)::(?P<name>\w+)`", row[3])
        assert found is not None, row
        text = (HERE / found["file"]).read_text()
        assert f"def {found['name']}(" in text, row[3]
