"""The terminal, as `doctor` describes it."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.doctor.terminal import terminal_findings


def test_terminal_colours_clipboard_and_editor_are_told(tmp_path: Path) -> None:
    editor = tmp_path / "edit"
    editor.write_text("#!/bin/sh\n")
    editor.chmod(0o755)
    environ = {"TERM": "xterm-256color", "PATH": str(tmp_path), "EDITOR": "edit -w"}
    found = {
        each.about: each
        for each in terminal_findings(environ, size=(80, 24), encoding="utf-8")
    }
    assert found["terminal"].words == "xterm-256color, 80 columns and 24 rows"
    assert found["colours"].words == "256 or more"
    assert found["editor"].words == str(editor)
    assert found["clipboard"].verdict == "note"
    poor = {"TERM": "dumb", "PATH": str(tmp_path), "EDITOR": "gone 'x"}
    found = {
        each.about: each
        for each in terminal_findings(poor, size=None, encoding="ascii")
    }
    assert {each.verdict for each in found.values()} == {"note", "ok"}
    assert "cannot be read" in found["editor"].words
