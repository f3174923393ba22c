"""The findings of `check` as data: JSON, SARIF 2.1.0 and GitHub workflow commands.

A finding is the item of a list that `--json` prints: file, line, column, severity and
message, and for a warning the code, reason and remedy of its rule.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mobius_tui import __version__
from mobius_tui.runbook.lint.rule_table import RULES
from mobius_tui.sanitize import escape_controls

CheckItem = Mapping[str, str | int | bool]
"""A finding; or a part of a runbook, which has no `severity`."""

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "stale": "error", "warning": "warning", "note": "note"}
"""By the severity of a finding, the level in SARIF."""
_UNCODED = {
    "error": ("invalid-runbook", "the runbook cannot be read, and so cannot be run"),
    "stale": ("stale-drill", "no drill is young enough"),
    "note": ("drill-remark", "what drills have shown, or have not"),
}
"""By the severity of a finding without a code: a code, and its title."""


def items_as_json(items: Sequence[CheckItem]) -> str:
    """The findings and parts as a JSON list in ASCII: other characters are escaped."""
    return json.dumps(items, indent=2)


def items_as_sarif(items: Sequence[CheckItem]) -> str:
    """The findings as a log of one run of this program."""
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    for item in items:
        code, title = _code_and_title(item)
        if code not in rules:
            rules[code] = _sarif_rule(item, code, title)
        result = _sarif_result(item, code, list(rules).index(code))
        # The line is no part of it: it changes by what is written above.
        same = json.dumps([code, item["file"], item["message"]])
        seen[same] += 1
        digest = hashlib.sha256(f"{same}{seen[same]}".encode()).hexdigest()
        result["partialFingerprints"] = {"finding/v1": digest}
        results.append(result)
    driver = {
        "name": "mobius-tui",
        "semanticVersion": __version__,
        "rules": list(rules.values()),
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2)


def _sarif_rule(item: CheckItem, code: str, title: str) -> dict[str, Any]:
    found: dict[str, Any] = {"id": code, "shortDescription": {"text": title}}
    if "reason" in item:
        found["fullDescription"] = {"text": item["reason"]}
        found["help"] = {"text": item["remedy"]}
    found["defaultConfiguration"] = {"level": _LEVELS[str(item["severity"])]}
    return found


def _sarif_result(item: CheckItem, code: str, rule: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(str(item["file"]))}}
    if item["line"]:
        place["region"] = {"startLine": item["line"], "startColumn": item["column"]}
    return {
        "ruleId": code,
        "ruleIndex": rule,
        "level": _LEVELS[str(item["severity"])],
        "message": {"text": escape_controls(str(item["message"]))},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    """The address of a file: relative where its path is."""
    if Path(file).is_absolute():
        return f"file://{quote(os.fsencode(file))}"
    return quote(os.fsencode(posixpath.normpath(file)))


def items_as_github(items: Sequence[CheckItem]) -> str:
    """A GitHub workflow command for each finding, which makes an annotation of it."""
    return "\n".join(map(_github_command, items))


_COMMANDS = {**_LEVELS, "note": "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_DATA = str.maketrans(_DATA)
_IN_PROPERTY = str.maketrans({**_DATA, ":": "%3A", ",": "%2C"})


def _github_command(item: CheckItem) -> str:
    properties = {"file": posixpath.normpath(str(item["file"]))}
    if item["line"]:
        properties |= {"line": str(item["line"]), "col": str(item["column"])}
    properties["title"] = _code_and_title(item)[0]
    listed = ",".join(
        f"{key}={escape_controls(value).translate(_IN_PROPERTY)}"
        for key, value in properties.items()
    )
    message = escape_controls(str(item["message"]))
    if remedy := item.get("remedy"):
        message += f"\n{remedy}"
    return (
        f"::{_COMMANDS[str(item['severity'])]} {listed}::{message.translate(_IN_DATA)}"
    )


def _code_and_title(item: CheckItem) -> tuple[str, str]:
    """The code of the rule that a finding is of, and what the rule is about."""
    code = str(item.get("code", ""))
    if not code:
        return _UNCODED[str(item["severity"])]
    return code, RULES[code].title if code in RULES else f"ShellCheck's {code}"


ITEM_RENDERERS: Mapping[str, Callable[[Sequence[CheckItem]], str]] = {
    "json": items_as_json,
    "sarif": items_as_sarif,
    "github": items_as_github,
}
"""What writes the findings, by the name of its format."""
