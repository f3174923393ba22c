"""What of a runbook is the same as it was: digests of its parts, wherever they stand.

Pure. A part is digested as it was decoded, so comments, layout and the order of keys
do not matter, nor the line that it stands on; every value of it does.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mobius_tui.runbook.model import Runbook
from mobius_tui.runbook.model_health import Probe, Triggers

LENGTH = 16
"""Hexadecimal digits: 64 bits tell a few thousand texts apart."""
_PLACE = "line"
"""The field that says where something stands, and nothing of what it is."""


def digest(part: object) -> str:
    """The digest of a part of a runbook."""
    text = json.dumps(_plain(part), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def step_digests(runbook: Runbook) -> Mapping[str, str]:
    """The digest of each step, by its id."""
    return {step.id: digest(step) for step in runbook.steps()}


def rule_digest(triggers: Triggers, rule: str, probe: Probe) -> str:
    """The digest of one trigger's rule over one probe."""
    return digest((rule, getattr(triggers, rule), probe))


def _plain(part: object) -> Any:
    """A value that JSON can hold; the kind of each model stays in it."""
    if is_dataclass(part) and not isinstance(part, type):
        values = {
            each.name: _plain(getattr(part, each.name))
            for each in fields(part)
            if each.name != _PLACE
        }
        return {"": type(part).__name__, **values}
    if isinstance(part, Mapping):
        return {str(key): _plain(value) for key, value in part.items()}
    if isinstance(part, datetime.date):
        return part.isoformat()
    if isinstance(part, tuple):
        return [_plain(value) for value in part]
    return part
