"""Variables that are read before anything can have given them a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runbook.runbook_texts import found

GIVES = """outputs = ['lag']
effect = 'read'
run = 'echo "lag=1" >> "$RUNBOOK_OUTPUT"'
"""
READS = "effect = 'read'\nrun = 'uptime; echo \"${lag#x}\"'\n"


def phase(name: str, *steps: str, keys: str = "") -> str:
    """A phase with steps, of which each is its keys."""
    lines = [f"[[phase]]\nid = '{name}'\ntitle = 'P'\n{keys}"]
    for index, step in enumerate(steps):
        lines.append(f"[[phase.step]]\nid = '{name}-{index}'\ntitle = 'S'\n{step}\n")
    return "".join(lines)


ASIDE = "aside = true\n"
GO = "on_failure = 'q'\n"
LATE = [
    phase("p", READS, GIVES),
    phase("p", READS) + phase("q", GIVES),
    phase("p", GO + "manual = 'x'") + phase("q", READS, GIVES, keys=ASIDE),
    phase("p", READS, "manual = 'x'\nask = { var = 'lag' }"),
    phase("p", "check.run = 'test \"$lag\" = 1'", GIVES),
    phase("p", "manual = 'x'\nwhen = { lag = '1' }", GIVES),
    phase("p", "manual = 'x'\nwhen = { any = [{ lag = '1' }] }", GIVES),
    phase("p", "manual = 'x'\nwhen = { not = { all = [{ lag = '1' }] } }", GIVES),
]


@pytest.mark.parametrize("text", LATE)
def test_a_value_that_only_a_later_step_gives_is_missed(
    text: str, tmp_path: Path
) -> None:
    [(code, _, words)] = found(text, tmp_path)
    assert code == "no-value-yet"
    assert words.startswith("`lag` has no value yet: `")
    assert words.endswith("`, which gives it, comes later")


def test_a_value_that_nothing_gives_is_missed_where_it_is_read(tmp_path: Path) -> None:
    text = "[var.lag]\ntitle = 'Lag'\n" + phase("p", READS)
    [(code, line, words)] = found(text, tmp_path)
    assert (code, line) == ("no-value-yet", text[: text.index("$")].count("\n") + 1)
    assert "nothing gives `lag` a value" in words


FINE = [
    "[var.lag]\nask = true\n"
    + phase("p", READS + "\nwhen = { any = [{ lag = '1' }, { not = { lag = '2' } }] }"),
    phase("p", GIVES, READS),
    phase("p", GIVES) + phase("q", READS),
    phase("p", GO + READS, GIVES) + phase("q", GIVES, keys=ASIDE),
    phase("p", GO + GIVES) + phase("q", READS, keys=ASIDE),
    phase("p", GO + READS) + phase("q", GIVES, keys=ASIDE),
    "[var.lag]\nask = true\n" + phase("p", READS, GIVES),
    "[var.lag]\ndefault = ''\n" + phase("p", READS),
    "[var.lag]\nfrom_env = 'LAG'\n" + phase("p", READS),
    "[var.lag]\n[profile.eu]\nlag = '1'\n" + phase("p", READS),
    "[var.it]\nrun = true\nask = true\n" + phase("p", READS.replace("lag", "it_took")),
    phase("p", GIVES.replace("echo", "lag=1; echo $lag; echo")),
]


@pytest.mark.parametrize("text", FINE)
def test_what_can_have_a_value_is_not_missed(text: str, tmp_path: Path) -> None:
    assert not [each for each in found(text, tmp_path) if each[0] == "no-value-yet"]
