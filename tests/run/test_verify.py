"""What was changed in a run since it was written."""

from __future__ import annotations

from mobius_tui.run.verify import verify
from mobius_tui.run.viewer import Viewer
from tests.run.books import ONE, step
from tests.run.conftest import Begin


async def test_verify_finds_any_changed_byte(begin: Begin) -> None:
    run = await begin(ONE + step("a", "seq 50"))
    await run.did("start", "a")
    await run.status("a", "passed")
    await run.did("end")
    await run.over()
    assert tuple(verify(run.directory)) == ()
    output = run.directory.attempt("a", 1).output
    for path in (output, run.directory.journal, run.directory.attempt("a", 1).spans):
        good = path.read_bytes()
        for place in (0, len(good) // 2, len(good) - 2):
            changed = bytearray(good)
            changed[place] ^= 0x10
            path.write_bytes(changed)
            assert tuple(verify(run.directory)), (path, place)
        path.write_bytes(good)
    runbook = run.directory.runbook / "test.toml"
    runbook.write_bytes(runbook.read_bytes() + b"# more\n")
    assert any("runbook was changed" in wrong for wrong in verify(run.directory))


async def test_verify_finds_a_cut_end_by_its_head(begin: Begin) -> None:
    run = await begin(ONE + step("a"))
    await run.did("end")
    await run.over()
    head = Viewer(run.directory).follower.head
    assert tuple(verify(run.directory, head)) == ()
    lines = run.directory.journal.read_bytes().splitlines(keepends=True)
    run.directory.journal.write_bytes(b"".join(lines[:-1]))
    assert any("record.toml" in wrong for wrong in verify(run.directory))
    run.directory.record.unlink()
    assert tuple(verify(run.directory)) == ()
    assert any("cut from its end" in wrong for wrong in verify(run.directory, head))
