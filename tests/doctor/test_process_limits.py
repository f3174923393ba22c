"""What `doctor` says of the limit of open files."""

from __future__ import annotations

import pytest

from mobius_tui.doctor.process_limits import open_files_finding


@pytest.mark.parametrize(
    ("limit", "verdict"),
    [(40, "trouble"), (63, "trouble"), (64, "note"), (256, "ok"), (1024, "ok")],
)
def test_a_low_limit_of_open_files_is_told_with_the_remedy(
    limit: int, verdict: str
) -> None:
    found = open_files_finding(limit)
    assert found.verdict == verdict
    assert str(limit) in found.words
    assert ("ulimit -n" in found.remedy) is (verdict != "ok")


def test_no_limit_is_none() -> None:
    assert open_files_finding(-1).verdict == "ok"
