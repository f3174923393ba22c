"""Which attempt at which step."""

from __future__ import annotations

from typing import NamedTuple


class AttemptId(NamedTuple):
    """A step's id, and the number of an attempt at it.

    As text it is `STEP.NUMBER`, as the attempt's folder is called;
    `run_directory.attempt_in_folder` reads that.
    """

    step: str
    number: int

    def __str__(self) -> str:
        return f"{self.step}.{self.number}"
