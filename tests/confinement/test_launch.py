"""A command that is confined, by each way: what it cannot do, and what is noted of it.

It wants user namespaces, which many containers refuse, and bubblewrap.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from mobius_tui.confinement import launch
from mobius_tui.confinement.enclosure import is_confined
from mobius_tui.confinement.launch import WAYS, Way, run_enclosed
from mobius_tui.confinement.refusals import read_refusals, refusals_in_words
from mobius_tui.drill.site.site_services import read_pid_file
from mobius_tui.errors import RunError
from tests.waiting import wait_for


def statuses(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """When each file of a folder was changed, its mode, and its number of names."""
    found = {path: path.lstat() for path in folder.iterdir()}
    return {path: (s.st_mtime_ns, s.st_mode, s.st_nlink) for path, s in found.items()}


machine = pytest.mark.machine("bwrap")
each_way = pytest.mark.parametrize("way", WAYS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What a confined command may write to, and what it may not."""

    inside: Path
    outside: Path

    def run(self, way: Way, script: str) -> tuple[int, str]:
        """The exit code of a script for bash, and its output."""
        script = f"exec > {self.inside}/out 2>&1; IN={self.inside}; {script}"
        code = run_enclosed(
            ("bash", "--norc", "-c", script),
            writable=(self.inside,),
            refusals=self.inside / "refused",
            owner=self.inside / "owner",
            way=way,
        )
        return code, (self.inside / "out").read_text()

    @property
    def refused(self) -> str:
        """What was noted, in words."""
        return "\n".join(refusals_in_words(read_refusals(self.inside / "refused")))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "file").write_text("as it was")
    monkeypatch.chdir(tmp_path / "out")
    return Place(inside=tmp_path / "in", outside=tmp_path / "out")


@machine
@each_way
@pytest.mark.parametrize(
    "script",
    [
        "echo x > OUT/file",
        "echo x >> OUT/file",
        "echo x > OUT/new",
        "rm -f OUT/file",
        "mv OUT/file $IN/file",
        "chmod 777 OUT/file",
        "touch -d 2001-01-01 OUT/file",
        "mkdir OUT/new",
        "ln -s x OUT/new",
        "ln OUT/file OUT/new",
        "truncate -s 0 OUT/file",
        "cd OUT; echo x > file",
        "ln -s OUT $IN/link; echo x > $IN/link/file",
        "PYTHON -c 'import os; os.unlink(\"OUT/file\")'",
        'PYTHON -c \'import os; os.rename("OUT/file", "OUT/new")\'',
    ],
)
def test_a_write_elsewhere_is_refused_and_noted(
    place: Place, way: Way, script: str
) -> None:
    script = script.replace("OUT", str(place.outside)).replace("PYTHON", sys.executable)
    before = statuses(place.outside)
    code, said = place.run(way, script)
    assert code != 0, said
    assert statuses(place.outside) == before
    assert (place.outside / "file").read_text() == "as it was"
    assert f"written to {place.outside}/" in place.refused


@machine
@each_way
def test_what_is_its_own_can_be_written_and_is_not_noted(
    place: Place, way: Way
) -> None:
    script = (
        "echo a > $IN/a; mkdir $IN/b; mv $IN/a $IN/b/a; rm -r $IN/b; echo > /dev/null; "
        "echo x > /dev/shm/x; mktemp > $IN/temporary; rm -f OUT/nothing; cat OUT/file"
    )
    code, said = place.run(way, script.replace("OUT", str(place.outside)))
    assert (code, said) == (0, "as it was")
    assert place.refused == ""


@machine
@each_way
def test_no_machine_is_reached_and_whoever_was_asked_is_noted(
    place: Place, way: Way
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as real:
        port = real.getsockname()[1]
        script = (
            "(exec 3<>/dev/tcp/203.0.113.7/443) && exit 1; "
            f"(exec 3<>/dev/tcp/127.0.0.1/{port}) && exit 1; true"
        )
        code, said = place.run(way, script)
    assert code == 0, said
    assert "connected to 203.0.113.7:443 (bash)" in place.refused


@machine
def test_the_name_of_a_host_that_was_asked_for_is_noted(place: Place) -> None:
    script = "import socket; socket.getaddrinfo('db.example.org', 5432)"
    code, _ = place.run("namespaces", f'{sys.executable} -c "{script}"')
    assert code == 1
    assert "asked for db.example.org" in place.refused


@machine
@each_way
def test_a_socket_of_a_process_outside_answers_nobody(place: Place, way: Way) -> None:
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(place.outside / "d.sock"))
        daemon.listen()
        script = (
            "import socket; s = socket.socket(socket.AF_UNIX); "
            f"s.connect('{place.outside}/d.sock')"
        )
        code, said = place.run(way, f'{sys.executable} -c "{script}"')
        assert code == 1, said
        daemon.setblocking(False)
        with pytest.raises(BlockingIOError):
            daemon.accept()
    assert f"connected to {place.outside}/d.sock" in place.refused


@machine
@each_way
def test_a_process_outside_cannot_be_signalled(place: Place, way: Way) -> None:
    with subprocess.Popen(["sleep", "600"]) as outside:
        code, said = place.run(
            way, f"kill -9 {outside.pid}; kill -9 -1; kill -9 1; true"
        )
        assert outside.poll() is None, said
        outside.kill()
    assert code in (0, 137)


@machine
@each_way
def test_no_right_is_left_to_change_any_of_this(place: Place, way: Way) -> None:
    script = (
        "grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status; "
        "mount -o remount,rw / && exit 1; umount /proc && exit 1; "
        "unshare -Urm mount -o remount,rw / && exit 1; "
        "echo 1 > /proc/sys/vm/drop_caches && exit 1; ls /dev/[sv]da* && exit 1; true"
    )
    code, said = place.run(way, script)
    assert code == 0, said
    rights = [row.split()[1] for row in said.splitlines() if row.startswith("Cap")]
    assert rights == ["0" * 16] * 3


@machine
@each_way
def test_it_goes_on_in_there_until_its_last_process_ends(
    place: Place, way: Way
) -> None:
    script = "setsid bash -c 'until test -e $0/go; do sleep 0.02; done' $IN & exit 7"
    code, _ = place.run(way, script)
    assert code == 7
    warden = read_pid_file(place.inside / "owner")
    assert warden is not None
    (place.inside / "go").touch()
    wait_for(lambda: read_pid_file(place.inside / "owner") is None)


@machine
@each_way
def test_no_call_waits_for_ever_where_processes_end_all_the_time(
    place: Place, way: Way
) -> None:
    """The death of each interrupts the warden, and each has asked it something."""
    script = "for n in $(seq 400); do (: > $IN/$n & : > OUT/file; wait) & done; wait"
    code, _ = place.run(way, script.replace("OUT", str(place.outside)))
    assert code == 0
    assert all((place.inside / str(number)).exists() for number in range(1, 401))


@machine
@each_way
def test_with_its_warden_all_of_it_ends(place: Place, way: Way) -> None:
    script = "setsid bash -c 'while echo >> $0/beat; do sleep 0.02; done' $IN & exit 0"
    place.run(way, script)
    wait_for((place.inside / "beat").exists)
    warden = read_pid_file(place.inside / "owner")
    assert warden is not None
    os.kill(warden, 9)
    wait_for(lambda: read_pid_file(place.inside / "owner") is None)
    before = (place.inside / "beat").stat().st_size
    time.sleep(0.2)  # ten beats of what would have gone on
    assert (place.inside / "beat").stat().st_size == before


@machine
@each_way
def test_its_own_secrets_are_in_no_command_line(
    place: Place, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "canary-7f3a")
    code, said = place.run(way, 'echo "$A_SECRET"; cat /proc/[0-9]*/cmdline')
    assert code == 0
    assert said.count("canary-7f3a") == 1


@machine
@each_way
def test_a_process_knows_that_it_is_confined_by_what_it_may_do(
    place: Place, way: Way
) -> None:
    script = (
        "from mobius_tui.confinement.enclosure import is_confined; print(is_confined())"
    )
    assert place.run(way, f"{sys.executable} -c '{script}'") == (0, "True\n")


def test_nobody_else_is_confined() -> None:
    assert not is_confined()


def test_where_it_cannot_be_it_is_said_and_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch.enclosing_way.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    try:
        with pytest.raises(RunError, match="confined by Linux alone"):
            run_enclosed(("touch", str(tmp_path / "x")), writable=())
    finally:
        launch.enclosing_way.cache_clear()
    assert not (tmp_path / "x").exists()
