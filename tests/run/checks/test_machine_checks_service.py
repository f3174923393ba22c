"""`service` checks through a stand-in for systemctl."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.runbook.model.check_kinds import ServiceCheck
from mobius_tui.structs import replace
from tests.run.checks.conftest import on_path, sight

Program = Callable[[str, str], Path]

STAND_IN = """#!/bin/sh
[ "$1" = is-active ] || exit 9
shift
for unit; do
  case $unit in *up*) echo active ;; *) echo inactive; code=3 ;; esac
done
exit ${code:-0}
"""


async def test_states(ctx: CheckContext, program: Program) -> None:
    there = on_path(ctx, program("systemctl", STAND_IN))
    seen = await sight(ServiceCheck(names=("up-1", "up-2")), there)
    assert (seen.held, seen.detail) == (True, "up-1 is active, up-2 is active")
    seen = await sight(ServiceCheck(names=("up-1", "${app}")), there)
    assert (seen.held, seen.detail) == (False, "mobius is inactive; wanted active")
    both = ("inactive", "failed")
    assert (await sight(ServiceCheck(names=("mobius",), state=both), there)).held
    seen = await sight(ServiceCheck(names=("up",), state=both), there)
    assert seen.detail == "up is active; wanted inactive or failed"


async def test_without_systemctl(ctx: CheckContext, tmp_path: Path) -> None:
    nowhere = replace(ctx, env={"PATH": str(tmp_path)})
    seen = await sight(ServiceCheck(names=("a",)), nowhere)
    assert (seen.held, seen.could_not_look) == (False, True)
    assert seen.detail == "there is no systemctl on PATH to ask"


async def test_without_the_working_directory(
    ctx: CheckContext, program: Program, tmp_path: Path
) -> None:
    there = on_path(ctx, program("systemctl", STAND_IN))
    seen = await sight(
        ServiceCheck(names=("up",)), replace(there, workdir=tmp_path / "gone")
    )
    assert not seen.held
    assert "gone" in seen.detail


async def test_a_systemctl_that_cannot_say(ctx: CheckContext, program: Program) -> None:
    folder = program("systemctl", "#!/bin/sh\necho 'no init system here' >&2\nexit 1\n")
    seen = await sight(ServiceCheck(names=("a", "b")), on_path(ctx, folder))
    assert (seen.held, seen.could_not_look) == (False, True)
    assert seen.detail == "systemctl does not say: no init system here"
    folder = program("systemctl", "#!/bin/sh\nexit 127\n")
    seen = await sight(ServiceCheck(names=("a",)), on_path(ctx, folder))
    assert seen.detail == "systemctl does not say: exit code 127 (no such program)"


async def test_a_name_that_is_an_option_is_refused(ctx: CheckContext) -> None:
    seen = await sight(ServiceCheck(names=("--all",)), ctx)
    assert (seen.held, seen.detail) == (False, "'--all' is no name of a unit")
