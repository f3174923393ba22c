"""A misspelt word of the command line is told with what was meant."""

from __future__ import annotations

import pytest

from mobius_tui.cli import main

MEANT = [
    ("rnu x", "mobius-tui: error: there is no command 'rnu'", "`mobius-tui run`?"),
    ("lint x", "there is no command 'lint'", "did you mean `mobius-tui check`?"),
    ("x.toml", "there is no command 'x.toml'", "did you mean `mobius-tui run x.toml`?"),
    ("help", "there is no command 'help'", "did you mean `mobius-tui --help`?"),
    ("qqq", "there is no command 'qqq'", "--help lists them"),
    ("run x --autoo", "mobius-tui run: error: there is no option", "mean --auto?"),
    ("run x --vra=a=b", "there is no option --vra;", "did you mean --var?"),
    ("run x --noop", "there is no option --noop;", "did you mean --dry-run?"),
    ("run x -e a=b", "there is no option -e;", "did you mean --var?"),
    ("run x --qqq", "there is no option --qqq", "--help lists them"),
    ("run x y", "mobius-tui run: error: unexpected word: 'y'", ""),
    ("run x --manual tik", "'tik' is none of stop, skip, tick", "did you mean tick?"),
    ("runs --noop", "there is no option --noop", "--help lists them"),
    ("--auto run x", "--auto: what is for a command stands after the command", ""),
    ("run x --\x1b[2J", "there is no option --\\x1b[2J", ""),
]


@pytest.mark.parametrize(("words", "said", "meant"), MEANT, ids=lambda text: text[:20])
def test_what_was_meant_is_said(
    words: str, said: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split(" "))
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    command = "usage: mobius-tui run " if words[:4] == "run " else "usage: mobius-tui"
    assert lines[0].startswith(command), "the usage is that of the command"
    assert said in lines[-1]
    assert meant in lines[-1]
