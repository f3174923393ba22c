"""The names that a run provides, to be filled in as `${name}`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct


class ProvidedFact(StrEnum):
    """A name of one thing that every run provides."""

    NOW = "now"
    ID = "run.id"
    STARTED = "run.started"
    ELAPSED = "run.elapsed"
    OPERATOR = "run.operator"
    MODE = "run.mode"
    FAILURE = "run.failure"
    FAILED = "run.failed"
    TRIGGER_REASON = "trigger.reason"


class StepField(StrEnum):
    """What a run provides of each step."""

    RESULT = "result"
    CHECK = "check"
    ENDED = "ended"
    ITEM = "item"


class HostField(StrEnum):
    """What a run provides of a host of a step with `hosts`, for that host alone."""

    NAME = "host.name"
    ADDRESS = "host.address"
    BATCH = "host.batch"


class HealthOf(Struct, frozen=True):
    """The name `health.PROBE`: a probe's state, in words."""

    probe: str


class StepValue(Struct, frozen=True):
    """The name `step.ID.FIELD`."""

    step: str
    field: StepField


ProvidedName = ProvidedFact | HostField | HealthOf | StepValue
_FACTS: Mapping[str, ProvidedFact | HostField] = {
    each.value: each for each in (*ProvidedFact, *HostField)
}
_STEP_FIELDS: Mapping[str, StepField] = {each.value: each for each in StepField}


@lru_cache(maxsize=1024)
def provided_name(name: str) -> ProvidedName | None:
    """What a name means that a run provides; `None` where it provides no such name."""
    if name in _FACTS:
        return _FACTS[name]
    kind, _, rest = name.partition(".")
    if kind == "health" and rest:
        return HealthOf(rest)
    step, _, field = rest.rpartition(".")
    if kind == "step" and step and field in _STEP_FIELDS:
        return StepValue(step, _STEP_FIELDS[field])
    return None
