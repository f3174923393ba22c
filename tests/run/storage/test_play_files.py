"""The files of a play, as whoever may write to its folder has left them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.storage.play_files import PlayFiles, PlayHost, last_play_of


@pytest.mark.parametrize(
    "text", ["", "5", '["web-1"]', '[{"name": "web-1"}]', "[" * 100_000]
)
def test_a_play_whose_hosts_cannot_be_read_has_none(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "plays"
    for number, hosts in ((1, '[{"name": "web-1", "attempt": 1001}]'), (2, text)):
        (folder / str(number)).mkdir(parents=True)
        (folder / str(number) / "hosts.json").write_text(hosts)
    first, second = (PlayFiles(folder / str(number)) for number in (1, 2))
    assert first.read_hosts() == (PlayHost(name="web-1", attempt=1001),)
    assert second.read_hosts() == ()
    assert last_play_of(tmp_path, "web-1") == first
