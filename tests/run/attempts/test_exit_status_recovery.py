"""The recovery table, a row each."""

from __future__ import annotations

import pytest

from mobius_tui.run.attempts.exit_status import (
    RecoveryEvidence,
    RecoveryVerdict,
    recovery_reason,
    recovery_verdict,
)

ROWS = [
    # lock held, same boot, exit valid, pid there → verdict
    (True, True, False, True, "running"),
    (True, True, True, True, "running"),
    (False, True, True, True, "as exit says"),
    (False, False, True, True, "as exit says"),
    (False, True, True, False, "as exit says"),
    (False, True, False, False, "not started"),
    (False, True, False, True, "unknown"),
    (False, False, False, True, "unknown"),
    (False, False, False, False, "unknown"),
    # A lock of another boot is held by nobody that we know.
    (True, False, False, False, "unknown"),
]


@pytest.mark.parametrize(("held", "boot", "ended", "pid", "verdict"), ROWS)
def test_a_row_of_the_table(
    held: bool, boot: bool, ended: bool, pid: bool, verdict: RecoveryVerdict
) -> None:
    evidence = RecoveryEvidence(
        is_lock_held=held, is_same_boot=boot, has_valid_exit=ended, has_pid=pid
    )
    assert recovery_verdict(evidence) == verdict


def test_each_verdict_has_its_words() -> None:
    found = {
        recovery_reason(
            RecoveryEvidence(
                is_lock_held=held, is_same_boot=boot, has_valid_exit=ended, has_pid=pid
            )
        )
        for held, boot, ended, pid, _ in ROWS
    }
    assert len(found) == 5


@pytest.mark.parametrize(
    ("code", "who"),
    [
        (None, "the host died"),
        (-9, "its keeper was ended by SIGKILL (killed; perhaps memory ran out)"),
        (1, "its keeper failed (exit 1)"),
    ],
)
def test_who_died_before_the_script_began(code: int | None, who: str) -> None:
    evidence = RecoveryEvidence(
        is_lock_held=False, is_same_boot=True, has_valid_exit=False, has_pid=False
    )
    words = f"{who} before the script began; nothing of it ran"
    assert recovery_reason(evidence, code) == words
