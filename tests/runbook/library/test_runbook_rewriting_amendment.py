"""Steps written into a runbook's file, and all that it says kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import UsageError
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_rewriting import AddedStep, with_added_steps
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Step

OLD = """\
format = 1  # the first

[runbook]
id = "x"
title = "X"

[[phase]]
id = "p"
title = "P"

[[phase.step]]
id = "one"
title = "One"
run = "true"
# what the first step says last

[phase.step.check]
file = { path = "/tmp" }

# This one is the second.
[[phase.step]]
id = "two"
title = "Two"
run = "false"\
"""
NEW = """\
format = 2
[runbook]
title = "X"
[[step]]
run = "uptime"  # how long
[[step]]
run = "df -h"
"""
SCRIPT = "grep -c ${y} \"it's\" C:\\\\log\nif true; then\n\techo '''${x}'''\nfi"


def step(script: str, **more: object) -> Step:
    action = Run(script=script, effect="read")
    return Step(id="improvised--1", title=script.split("\n")[0], action=action, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_step_comes_behind_another_and_comments_stay(
    tmp_path: Path, ends: str
) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(OLD.replace("\n", ends).encode())
    was = load(path)
    found = with_added_steps(
        path,
        was,
        [
            AddedStep(step=step("ls -l"), after="one"),
            AddedStep(step=step("ls -l", env={"A": "b"}), after="one"),
            AddedStep(step=step("df"), after="two"),
        ],
    )
    path.write_bytes(found)
    then = load(path)
    assert [each.id for each in then.steps()] == ["one", "ls-l", "ls-l-2", "two", "df"]
    assert then.steps()[2].env == {"A": "b"}
    lines = found.decode().replace(ends, "\n")
    assert found.count(b"\r") == (found.count(b"\n") if ends == "\r\n" else 0)
    before, _, rest = lines.partition('\n[[phase.step]]\nid = "ls-l"\n')
    assert before.endswith('[phase.step.check]\nfile = { path = "/tmp" }\n')
    assert 'effect = "read"\n\n# This one is the second.\n[[phase.step]]' not in before
    assert "\n# This one is the second.\n[[phase.step]]\nid" in rest
    assert lines.replace("\n", "").startswith(OLD.replace("\n", "")[:120])


def test_in_format_2_it_is_written_as_short_as_the_others(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(NEW)
    found = with_added_steps(
        path, load(path), [AddedStep(step=step(SCRIPT), after="uptime")]
    )
    path.write_bytes(found)
    (_, added, _) = load(path).steps()
    assert isinstance(added.action, Run)
    assert added.action.script == SCRIPT
    assert b"effect" not in found
    text = found.decode()
    assert text.startswith(
        NEW.partition('[[step]]\nrun = "df')[0] + "[[step]]\ntitle = "
    )
    assert text.endswith('[[step]]\nrun = "df -h"\n')


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (('run = "true"', 'run = "ls"'), "was edited, moved or removed"),
        (('id = "two"', 'id = "other"'), "has `other` behind it now"),
        (('id = "one"', 'id = "other"'), "was edited, moved or removed"),
    ],
)
def test_a_place_that_was_edited_is_left_alone(
    tmp_path: Path, edit: tuple[str, str], said: str
) -> None:
    after = "one"
    path = tmp_path / "x.toml"
    path.write_text(OLD)
    was = load(path)
    path.write_text(OLD.replace(*edit))
    with pytest.raises(UsageError, match=f"`one` {said}"):
        with_added_steps(path, was, [AddedStep(step=step("ls"), after=after)])
    path.write_text(OLD.replace('title = "X"', 'title = "Y"'))
    assert with_added_steps(path, was, [AddedStep(step=step("ls"), after=after)])


def test_what_is_written_in_one_line_is_left_to_a_person(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    inline = "step = [{ run = 'uptime' }, { run = 'df -h' }]\n"
    path.write_text(f"format = 2\n{inline}[runbook]\ntitle = 'X'\n")
    with pytest.raises(UsageError, match="by hand"):
        with_added_steps(path, load(path), [AddedStep(step=step("ls"), after="uptime")])
