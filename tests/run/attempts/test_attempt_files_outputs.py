"""What a script wrote to `$RUNBOOK_OUTPUT`, as variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.attempts.attempt_files import MAX_OUTPUTS_BYTES, read_outputs
from mobius_tui.run.storage.run_directory import AttemptDirectory


@pytest.fixture
def attempt(tmp_path: Path) -> AttemptDirectory:
    return AttemptDirectory(tmp_path)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("a=1\nb=2\n", {"a": "1", "b": "2"}),
        ("a=1\na=2\n", {"a": "2"}),
        ("a=x=y z\n\n", {"a": "x=y z"}),
        ("a=\n", {"a": ""}),
        ("a+=1\na+=2\na+=3\n", {"a": "1\n2\n3"}),
        ("a=1\na+=2\n", {"a": "1\n2"}),
        ("a+=1\na=2\n", {"a": "2"}),
        ("a+=1\nb=x\na+=2\nb+=y\n", {"a": "1\n2", "b": "x\ny"}),
        ("a+=\na+=\tx\ty\n", {"a": "\n\tx\ty"}),
        ("a+=1+=2\n", {"a": "1+=2"}),
        ("a=1+\n", {"a": "1+"}),
        ("a+=last", {"a": "last"}),
    ],
)
def test_a_line_sets_a_name_or_adds_to_it(
    attempt: AttemptDirectory, written: str, found: dict[str, str]
) -> None:
    attempt.outputs.write_text(written)
    assert read_outputs(attempt) == found


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"a=1\nb\n", "line 2 of $RUNBOOK_OUTPUT is not KEY=VALUE"),
        (b"a+\n", "line 1 of $RUNBOOK_OUTPUT is not KEY=VALUE"),
        (b"a+=x\0\n", "line 1 of $RUNBOOK_OUTPUT is not KEY=VALUE"),
        (b"a=\xff\n", "not UTF-8"),
        (b"a+=1\n" * (MAX_OUTPUTS_BYTES // 5 + 1), "more than 1 MiB"),
    ],
    ids=["no-equals", "plus-alone", "nul", "bytes", "too-much"],
)
def test_what_is_no_such_list_is_refused(
    attempt: AttemptDirectory, written: bytes, said: str
) -> None:
    attempt.outputs.write_bytes(written)
    with pytest.raises(RunError, match=said.replace("$", r"\$")):
        read_outputs(attempt)
