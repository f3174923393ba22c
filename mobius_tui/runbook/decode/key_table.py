"""Every key of a runbook's file, and the schema of its value: a line for each.

The decoder reads the keys by itself; an editor's schema is made of this table, and a
test holds the two equal. So a new key is its line here, and its row in
`runbooks/README.md`, of which editors show what it means.
"""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.runbook.decode.decode_files import FILE_PATTERN, MAX_FILES
from mobius_tui.runbook.decode.decode_targets import (
    ACCOUNT_PATTERN,
    BATCH_SIZE_PATTERN,
)
from mobius_tui.runbook.decode.value_readers import (
    ADDRESS_PATTERN,
    COUNT_PATTERN,
    FILE_MODE_PATTERN,
    ID_PATTERN,
    PERCENT_PATTERN,
    SHA256_PATTERN,
    URL_PATTERN,
    VARIABLE_NAME_PATTERN,
)
from mobius_tui.runbook.decode.value_schemas import (
    BY_VARIABLE,
    GUARD,
    ValueSchema,
    count,
    integer,
    one_of,
    required,
    text_matching,
    text_or_template,
)
from mobius_tui.runbook.model.limits import COUNTS, MAX_PARALLEL
from mobius_tui.runbook.model.targets import (
    ENGINES,
    HOST_SHARE_PATTERN,
    MAX_HOSTS,
    MAX_RUNS_AT_ONCE,
    MAX_TRIES,
    ON_UNREACHABLE,
)
from mobius_tui.runbook.text.units import DURATION, SIZE
from mobius_tui.runbook.toml.positions import KeyPath
from mobius_tui.runbook.toml.toml_document import FORMATS

_TABLE: ValueSchema = {"type": "object"}
_TABLES: ValueSchema = {"type": "array"}
_TABLE_OR_TABLES: ValueSchema = {"type": ["object", "array"]}
_SHORT: ValueSchema = {"type": ["string", "object", "array"]}
"""A table or a list of tables, and a text for each that has its main key alone."""

_TEXT: ValueSchema = {"type": "string"}
_ANY_VALUE: ValueSchema = {"type": ["string", "number", "boolean", "array"]}
"""A value of a variable: dates are no JSON, and an editor takes them for texts."""
_SOME_TEXT: ValueSchema = {"type": "string", "minLength": 1}
_FLAG: ValueSchema = {"type": "boolean"}
_TEXTS: ValueSchema = {"type": "array", "items": _SOME_TEXT}
_FILES: ValueSchema = {
    "type": "array",
    "items": text_matching(FILE_PATTERN.pattern),
    "maxItems": MAX_FILES,
}
_NAMED_TEXTS: ValueSchema = {"type": "object", "additionalProperties": _TEXT}
_ANY_NAMES: ValueSchema = {"type": "object", "additionalProperties": True}
_DATE: ValueSchema = {
    "type": "string",
    "format": "date",
    "pattern": r"^\d{4}-\d{2}-\d{2}$",
}
_ID: ValueSchema = text_matching(f"(?:{ID_PATTERN.pattern})?")
_VARIABLE: ValueSchema = text_matching(f"(?:{VARIABLE_NAME_PATTERN.pattern})?")
_CODES: ValueSchema = {"type": "array", "items": integer(0, 255)}
_FRACTION: ValueSchema = {"type": "number", "minimum": 0, "maximum": 1}
_DURATION: ValueSchema = {**text_or_template(DURATION), "minLength": 1}
_SIZE: ValueSchema = text_or_template(SIZE)
_SIZE_OR_SHARE: ValueSchema = text_or_template(SIZE, PERCENT_PATTERN)
_URL: ValueSchema = text_or_template(URL_PATTERN)
_ADDRESS: ValueSchema = text_or_template(ADDRESS_PATTERN)
_POINTER: ValueSchema = text_matching(r"(?:/[\s\S]*)?")
_STATUS: ValueSchema = {
    **integer(100, 599),
    "type": ["integer", "array"],
    "items": integer(100, 599),
    "minItems": 1,
}
_TEXT_OR_TEXTS: ValueSchema = {"type": ["string", "array"], "items": _SOME_TEXT}
_COMPARISONS: ValueSchema = {"type": ["string", "number", "boolean", "array"]}

_REPEAT: Mapping[str, ValueSchema] = {
    "attempts": count(*COUNTS["attempts"]),
    "consecutive": count(*COUNTS["consecutive"]),
    "every": _DURATION,
    "for": _DURATION,
    "timeout": _DURATION,
}
"""What every kind of check has; in format 2 for all kinds of a check, too."""

KEYS: Mapping[str, Mapping[str, ValueSchema]] = {
    "": {
        "format": required(one_of(*FORMATS)),
        "runbook": _TABLE,
        "files": _FILES,
        "commands": _ANY_NAMES,
        "var": _ANY_NAMES,
        "profile": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": _ANY_VALUE,
            },
        },
        "contact": _TABLES,
        "message": _TABLES,
        "channel": _TABLES,
        "targets": _ANY_NAMES,
        "limits": _TABLE,
        "health": _TABLE,
        "phase": _TABLES,
        "step": _TABLES,
    },
    "runbook": {
        "id": _ID,
        "title": required(_TEXT),
        "summary": _TEXT,
        "version": _TEXT,
        "updated": _DATE,
        "review_cycle": _TEXT,
        "review": _TEXT,
        "owners": _TEXTS,
        "requires": _TEXTS,
        "files": _FILES,
        "workdir": _TEXT,
        "environment": _TEXT,
        "protected": _TEXTS,
        "mode": one_of("incident", "maintenance"),
    },
    "var.NAME": {
        "title": _TEXT,
        "default": _ANY_VALUE,
        "choices": _TEXTS,
        "ask": _FLAG,
        "from_env": _TEXT,
        "secret": _FLAG,
        "run": _FLAG,
        "kind": one_of("int", "duration", "date", "url", "host", "path", "bool"),
        "min": _ANY_VALUE,
        "max": _ANY_VALUE,
        "match": _TEXT,
        "hint": _TEXT,
        "many": _FLAG,
        "from_run": _SOME_TEXT,
        "from_file": _TEXT,
        "record": _FLAG,
    },
    "targets.NAME": {
        "title": _TEXT,
        "hosts": required({**_TEXTS, "minItems": 1}),
        "inventory": _SOME_TEXT,
        "first": _TEXTS,
        "at_most": integer(1, MAX_HOSTS),
        "connect_timeout": _DURATION,
        "tries": integer(1, MAX_TRIES),
        "ssh_config": _SOME_TEXT,
        "claims_in": {**_TEXTS, "minItems": 1},
        "ignore_vars": _TEXTS,
    },
    "limits": {
        "same_hosts": integer(1, MAX_RUNS_AT_ONCE),
        "same_folder": integer(1, MAX_RUNS_AT_ONCE),
        "same_runbook": integer(1, MAX_RUNS_AT_ONCE),
    },
    "contact": {"role": _TEXT, "handle": _TEXT, "for": _TEXT, "include": _TEXT},
    "message": {"id": _ID, "title": required(_TEXT), "body": required(_TEXT)},
    "channel": {
        "id": _ID,
        "kind": required(one_of("slack", "teams", "webhook")),
        "url": required(_URL),
    },
    "health": {
        "every": _DURATION,
        "hosts_every": _DURATION,
        "witness": {"type": "array", "items": _ADDRESS},
        "unwell": _TEXT,
        "include": _TEXT,
        "probe": _TABLES,
        "trigger": _TABLE,
    },
    "health.probe": {
        "id": _ID,
        "title": _TEXT,
        "url": _URL,
        "check": _TABLE,
        "hosts": _SOME_TEXT,
        "timeout": _DURATION,
        "method": _TEXT,
        "headers": _NAMED_TEXTS,
        "status": _STATUS,
        "json": _ANY_NAMES,
        "contains": _TEXT,
        "ca": _TEXT,
        "redirects": integer(0, 20),
        "trigger": _FLAG,
        "error_rate": _TABLE,
        "p95": _TABLE,
    },
    "health.probe.error_rate": {"at": required(_POINTER), "unit": one_of("fraction")},
    "health.probe.p95": {"at": required(_POINTER), "unit": one_of("ms", "s")},
    "health.trigger": {
        "consecutive_failures": integer(1, 10_000),
        "success_rate": _TABLE,
        "p95_latency": _TABLE,
        "error_rate": _TABLE,
        "then": _TEXT,
        "grace": _DURATION,
    },
    "health.trigger.success_rate": {
        "below": _FRACTION,
        "min_checks": integer(1, 10_000),
        "window": integer(1, 10_000),
    },
    "health.trigger.p95_latency": {
        "above": _DURATION,
        "for_checks": integer(1, 10_000),
        "window": integer(1, 10_000),
    },
    "health.trigger.error_rate": {
        "above": _FRACTION,
        "for_checks": integer(1, 10_000),
    },
    "phase": {
        "id": _ID,
        "title": _TEXT,
        "why": _TEXT,
        "aside": _FLAG,
        "instead_of": _TEXTS,
        "next": _TEXT,
        "attended": _FLAG,
        "parallel": {"anyOf": [_FLAG, integer(2, MAX_PARALLEL)]},
        "include": _TEXT,
        "step": _TABLES,
    },
    "phase.step": {
        "id": _ID,
        "title": _TEXT,
        "why": _TEXT,
        "run": _SOME_TEXT,
        "playbook": _SOME_TEXT,
        "vars": _TEXTS,
        "shell": _TEXTS,
        "effect": one_of("read", "change", "destroy"),
        "success": _CODES,
        "warning": _CODES,
        "timeout": _DURATION,
        "outputs": _TEXTS,
        "max_output": _SIZE,
        "follow": _FLAG,
        "tty": _FLAG,
        "manual": _SOME_TEXT,
        "ask": _TABLE_OR_TABLES,
        "message": _TEXT,
        "to": _TEXTS,
        "choose": _TABLE,
        "watch": _TABLE,
        "check": _TABLE,
        "until": _TABLE,
        "undo": {"type": ["string", "object"]},
        "when": GUARD,
        "needs": _TEXTS,
        "uses": _TEXTS,
        "env": _NAMED_TEXTS,
        "secrets": _NAMED_TEXTS,
        "expect": _DURATION,
        "retry": _TABLE,
        "on_failure": _TEXT,
        "gate": _FLAG,
        "optional": _FLAG,
        "independent": _FLAG,
        "confirmed_with": _TEXTS,
        "for_each": {"type": ["array", "string", "object"], "items": _SOME_TEXT},
        "item": _VARIABLE,
        "parallel": {"anyOf": [_FLAG, integer(1, MAX_PARALLEL), BY_VARIABLE]},
        "max_failed": {
            "anyOf": [integer(0, 9999), text_or_template(HOST_SHARE_PATTERN)]
        },
        "hosts": _SOME_TEXT,
        "become": text_matching(f"(?:{ACCOUNT_PATTERN.pattern})?"),
        "batch": {
            "type": "array",
            "items": text_matching(BATCH_SIZE_PATTERN.pattern),
            "minItems": 1,
        },
        "between": {"type": ["string", "object"]},
        "on_unreachable": one_of(*ON_UNREACHABLE),
        "engine": one_of(*ENGINES),
        "role": _TEXT,
        "approve": _TABLE,
        "links": _TABLES,
        "use": _TEXT,
    },
    "phase.step.undo": {
        "run": required(_SOME_TEXT),
        "check": _TABLE,
        "until": _TABLE,
        "effect": one_of("change", "destroy"),
        "timeout": _DURATION,
        "shell": _TEXTS,
        "uses": _TEXTS,
    },
    "phase.step.between": {"healthy": required(_DURATION), "within": _DURATION},
    "phase.step.for_each": {
        "run": required(_SOME_TEXT),
        "shell": _TEXTS,
        "timeout": _DURATION,
    },
    "phase.step.ask": {
        "var": required(_VARIABLE),
        "title": _TEXT,
        "match": _TEXT,
        "hint": _TEXT,
    },
    "phase.step.choose": {
        "var": required(_VARIABLE),
        "option": _TABLES,
        "from": {"type": ["string", "object"]},
        "multi": _FLAG,
    },
    "phase.step.choose.from": {"run": required(_SOME_TEXT)},
    "phase.step.choose.option": {
        "value": required(_TEXT),
        "title": _TEXT,
        "why": _TEXT,
        "go": _TEXT,
        "end": _FLAG,
    },
    "phase.step.watch": {"for": required(_DURATION)},
    "phase.step.retry": {
        "attempts": required(count(*COUNTS["retry.attempts"])),
        "every": _DURATION,
    },
    "phase.step.approve": {
        "role": _TEXT,
        "count": integer(1, 100),
        "within": _DURATION,
    },
    "phase.step.links": {"title": required(_TEXT), "url": required(_URL)},
    "phase.step.check": {
        "http": _SHORT,
        "process": _SHORT,
        "service": _SHORT,
        "checksum": _TABLE_OR_TABLES,
        "file": _SHORT,
        "port": _SHORT,
        "tls": _SHORT,
        "dns": _SHORT,
        "sql": _TABLE_OR_TABLES,
        "log": _TABLE_OR_TABLES,
        "disk": _SHORT,
        "memory": _SHORT,
        "run": _SHORT,
        "output": _SHORT,
        **_REPEAT,
    },
    "phase.step.check.http": {
        "url": required(_URL),
        "status": _STATUS,
        "method": _TEXT,
        "headers": _NAMED_TEXTS,
        "json": _ANY_NAMES,
        "contains": _TEXT,
        "faster_than": _DURATION,
        "ca": _TEXT,
        **_REPEAT,
    },
    "phase.step.check.process": {
        "match": required(_TEXT),
        "count": text_or_template(COUNT_PATTERN),
        **_REPEAT,
    },
    "phase.step.check.service": {"names": required(_TEXTS), "state": _TEXTS, **_REPEAT},
    "phase.step.check.checksum": {
        "file": required(_TEXT),
        "sums": _TEXT,
        "sha256": text_or_template(SHA256_PATTERN),
        **_REPEAT,
    },
    "phase.step.check.file": {
        "path": required(_TEXT),
        "absent": _FLAG,
        "same_as": _TEXT,
        "mode": text_or_template(FILE_MODE_PATTERN),
        "newer_than": _TEXT,
        "min_size": _SIZE,
        **_REPEAT,
    },
    "phase.step.check.port": {"at": required(_ADDRESS), "closed": _FLAG, **_REPEAT},
    "phase.step.check.tls": {
        "at": required(_ADDRESS),
        "name": _TEXT,
        "min_days": count(*COUNTS["min_days"]),
        "ca": _TEXT,
        **_REPEAT,
    },
    "phase.step.check.dns": {
        "name": required(_TEXT),
        "at": _ADDRESS,
        "type": one_of("A", "AAAA", "CNAME", "TXT", "MX", "NS", "SRV", "SOA"),
        "records": _TEXT_OR_TEXTS,
        "contains": _TEXT_OR_TEXTS,
        "absent": _FLAG,
        "ttl": _COMPARISONS,
        **_REPEAT,
    },
    "phase.step.check.sql": {
        "query": required(_SOME_TEXT),
        "is": required(_COMPARISONS),
        "url": _TEXT,
        "file": _TEXT,
        **_REPEAT,
    },
    "phase.step.check.log": {
        "file": required(_TEXT),
        "match": _TEXT,
        "not": _TEXT,
        **_REPEAT,
    },
    "phase.step.check.disk": {
        "free": required(_SIZE_OR_SHARE),
        "path": _TEXT,
        **_REPEAT,
    },
    "phase.step.check.memory": {"free": required(_SIZE_OR_SHARE), **_REPEAT},
    "phase.step.check.run": {
        "script": required(_SOME_TEXT),
        "json": _ANY_NAMES,
        "is": _COMPARISONS,
        "shell": _TEXTS,
        "success": _CODES,
        "on": one_of("here", "host"),
        **_REPEAT,
    },
    "phase.step.check.output": {
        "match": _TEXT,
        "not": _TEXT,
        "every": _DURATION,
        "timeout": _DURATION,
    },
}
"""The keys of each table by its dotted name, and their schemas; `NAME` is any name."""

ALIASES: Mapping[str, str] = {
    "step": "phase.step",
    "phase.step.until": "phase.step.check",
    "health.probe.check": "phase.step.check",
    "phase.step.undo.check": "phase.step.check",
    "phase.step.undo.until": "phase.step.check",
    "phase.step.when.check": "phase.step.check",
}
"""Tables that have the keys of another."""


def place_of(path: KeyPath) -> str:
    """The name in `KEYS` of the table at a path of a runbook's file."""
    parts = [part for part in path if isinstance(part, str)]
    if parts[:1] in (["var"], ["profile"], ["targets"]):
        parts[1:2] = ["NAME"] * len(parts[1:2])
    dotted = ".".join(parts)
    for alias, place in ALIASES.items():
        if dotted == alias or dotted.startswith(f"{alias}."):
            dotted = f"{place}{dotted.removeprefix(alias)}"
    return dotted
