"""The findings of `check` for programs: SARIF, and GitHub's runners."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mobius_tui.cli import main
from mobius_tui.commands.authoring.authoring_options import CHECK_FORMATS
from mobius_tui.runbook.library.check_formats import (
    ITEM_RENDERERS,
    items_as_github,
    items_as_json,
    items_as_sarif,
)
from mobius_tui.runbook.library.check_report import check_items
from mobius_tui.runbook.lint.rule_table import RULES

BAD = """format = 1
[runbook]
id = "x"
title = "X"
[var.v]
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "s"
title = "näher"
run = 'true'
timeout = 3
"""
HOSTILE = "a\x1b]0;x\x07\r\n::set-env name=A::b, 100% «\u202e\x9b»"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a runbook that has a warning and an error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "x 1.toml").write_text(BAD, encoding="utf-8")
    return tmp_path


def hostile(severity: str = "warning") -> dict[str, Any]:
    """A finding in which each text is hostile."""
    item = {"file": HOSTILE, "line": 3, "column": 7, "severity": severity}
    item |= {"message": HOSTILE, "code": HOSTILE, "reason": "r", "remedy": "do it"}
    return item


def test_every_format_can_be_asked_for() -> None:
    assert ("text", *ITEM_RENDERERS) == CHECK_FORMATS


def test_a_runner_of_github_gets_a_command_for_each_finding(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "./ab/x 1.toml", "--format", "github"]) == 2
    place = "file=ab/x 1.toml,line={},col=1,title={}"
    (warning, error) = capfd.readouterr().out.splitlines()
    assert warning == (
        f"::warning {place.format(5, 'unused-variable')}"
        f"::nobody uses the variable `v`%0A{RULES['unused-variable'].remedy}"
    )
    assert error == (
        f"::error {place.format(13, 'invalid-runbook')}"
        '::`timeout` is a text with a unit, "500ms", "10s" or "1h30m", not a number'
    )
    assert main(["check", "none.toml", "--format", "github"]) == 2
    said = capfd.readouterr().out
    assert said.startswith("::error file=none.toml,title=invalid-runbook::there is no")
    (folder / "good.toml").write_text(
        BAD.replace("= 3", "= '3s'").replace("[var.v]", "")
    )
    assert main(["check", "good.toml", "--format", "github"]) == 0
    assert capfd.readouterr().out == ""


def test_no_text_of_a_finding_ends_or_begins_a_command() -> None:
    said = items_as_github([hostile(), hostile("stale"), hostile("note")])
    lines = said.split("\n")
    assert [each.partition(" ")[0] for each in lines] == [
        "::warning",
        "::error",
        "::notice",
    ]
    for each in lines:
        assert each.isprintable()
        _, properties, message = each.split("::", 2)
        keys = [one.partition("=")[0] for one in properties.split(",")]
        assert keys[1:] == ["line", "col", "title"]
        assert message.endswith("100%25 «\\u202e\\x9b»%0Ado it")


@pytest.mark.usefixtures("folder")
def test_sarif_has_rules_places_and_levels(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ab/x 1.toml", "--format", "sarif"]) == 2
    log = json.loads(capfd.readouterr().out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["unused-variable", "invalid-runbook"]
    assert rules[0]["help"] == {"text": RULES["unused-variable"].remedy}
    levels = [(each["ruleId"], each["level"]) for each in run["results"]]
    assert levels == [("unused-variable", "warning"), ("invalid-runbook", "error")]
    for each in run["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "ab/x%201.toml"}
    assert place["region"] == {"startLine": 13, "startColumn": 1}


@pytest.mark.usefixtures("folder")
def test_a_finding_keeps_its_fingerprint_where_lines_move() -> None:
    path = Path("ab/x 1.toml")

    def prints() -> list[str]:
        log = json.loads(items_as_sarif(check_items([path])[0]))
        results = log["runs"][0]["results"]
        return [each["partialFingerprints"]["finding/v1"] for each in results]

    before = prints()
    path.write_text(f"# a line more\n{BAD}", encoding="utf-8")
    assert prints() == before
    assert len(set(before)) == 2
    same = json.loads(items_as_sarif([hostile(), hostile()]))["runs"][0]["results"]
    assert same[0]["partialFingerprints"] != same[1]["partialFingerprints"]


def test_a_file_has_an_address_whatever_its_name() -> None:
    def uri(file: str) -> str:
        log = json.loads(items_as_sarif([{**hostile(), "file": file}]))
        place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        return str(place["artifactLocation"]["uri"])

    assert uri("/srv/ä.toml") == "file:///srv/%C3%A4.toml"
    assert uri("./http:x.toml") == "http%3Ax.toml"
    assert uri("../x.toml") == "../x.toml"
    assert uri(os.fsdecode(b"\xff.toml")) == "%FF.toml"


def test_a_terminal_obeys_none_of_them() -> None:
    for form in ITEM_RENDERERS.values():
        said = form([hostile()])
        assert said.replace("\n", "").isprintable()
    log = json.loads(items_as_sarif([hostile()]))
    assert "\\x1b" in log["runs"][0]["results"][0]["message"]["text"]
    assert json.loads(items_as_json([hostile()])) == [hostile()]


@pytest.mark.usefixtures("folder")
def test_ids_are_no_findings(capfd: pytest.CaptureFixture[str]) -> None:
    for form in ("sarif", "github"):
        assert main(["check", "ab/x 1.toml", "--ids", "--format", form]) == 2
        assert "--ids has no place in --format" in capfd.readouterr().err
