"""What is sent to a host: cut off anywhere, noisy at login, or to a stolen claim."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.claim_request import (
    ClaimRequest,
    ClaimVerb,
    claim_digest,
)
from tests.run.fleet_hosts import NONCE, LocalHost
from tests.waiting import wait_for

START = ClaimVerb.START


@pytest.fixture
def host(tmp_path: Path) -> LocalHost:
    return LocalHost(tmp_path / "home")


@pytest.mark.parametrize(("shell", "step"), [("dash", 10), ("bash", 100)])
def test_a_transmission_that_breaks_off_does_nothing(
    tmp_path: Path, shell: str, step: int
) -> None:
    """It is cut at each tenth byte, or fewer; and everywhere in the last line."""
    script = 'echo ran >> "$HOME/ran"\n' * 3
    text = LocalHost(tmp_path).request(START, script=script).shell_input(NONCE)
    begun = text.rindex(b"\nmain") + len("\nmain")
    cuts = {*range(0, begun, step), *range(begun - 9, begun)}

    def send(cut: int) -> None:
        subprocess.run(
            ["env", f"HOME={tmp_path}", shell, "-s"],
            input=text[:cut],
            capture_output=True,
            check=False,
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, sorted(cuts)))
    assert list(tmp_path.iterdir()) == []


def test_what_a_login_prints_is_no_output(tmp_path: Path) -> None:
    noise = "printf 'no newline'; printf 'warning' >&2; exec sh -s"
    host = LocalHost(tmp_path / "home", ("sh", "-c", noise))
    assert host.start("echo hello").output == b"hello\n"
    assert host.start("true", attempt=2).words == ["here", "claimed", "exit 0 0 exited"]


def test_a_secret_is_on_no_disk_and_in_no_process_list(host: LocalHost) -> None:
    script = 'echo "${#TOKEN}"; cat /proc/[0-9]*/cmdline 2>&1 | grep -c s3cr3[t]'
    heard = host.start(script, values={"TOKEN": "s3cr3t"})
    assert heard.output == b"6\n0\n"
    files = [each for each in host.claim().iterdir() if each.is_file()]
    assert {"out", "script", "exit"} <= {each.name for each in files}
    assert not [each for each in files if b"s3cr3t" in each.read_bytes()]


def test_a_stolen_claim_directory_is_refused(host: LocalHost, tmp_path: Path) -> None:
    """A link in its way, or a folder that others write in; nothing runs."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    top = host.home / ".mobius-tui"
    top.symlink_to(elsewhere)
    assert host.start("echo ran").words[1].startswith("refused ")
    assert list(elsewhere.iterdir()) == []
    top.unlink()
    (top / "claims").mkdir(parents=True)
    (top / "claims" / "r").symlink_to(elsewhere)
    assert host.start("echo ran").words[1].startswith("refused ")
    (top / "claims" / "r").unlink()
    for mode in (0o770, 0o707):
        (top / "claims").chmod(mode)
        assert host.start("echo ran").words[1].startswith("refused ")
    (top / "claims").chmod(0o755)
    assert host.start("echo ran").output == b"ran\n"


def test_who_forges_a_claim_with_links_runs_nothing(host: LocalHost) -> None:
    host.start("true")
    forged = host.claim(2)
    forged.mkdir()
    (forged / "out").symlink_to("/etc/passwd")
    (forged / "go").symlink_to("/")
    assert host.start("echo ran", attempt=2).words[:2] == ["here", "taken"]


def test_who_gives_up_an_attempt_before_its_keeper_begins_has_won(
    host: LocalHost, tmp_path: Path
) -> None:
    """`mkfifo` waits, so that the claim is made while nothing has begun yet."""
    slow, gate = tmp_path / "bin", tmp_path / "gate"
    slow.mkdir()
    os.mkfifo(gate)
    (slow / "mkfifo").write_text(f'#!/bin/sh\nread -r _ <{gate}\nmknod "$1" p\n')
    (slow / "mkfifo").chmod(0o700)
    late = LocalHost(host.home, (f"PATH={slow}:{os.environ['PATH']}", "sh", "-s"))
    child = late.begin(START, script='touch "$HOME/ran"')
    wait_for(lambda: (host.claim() / "script").exists())
    assert host.ask(ClaimVerb.STOP).words == ["here", "stopping"]
    gate.write_text("go\n")
    assert late.hear(child).words == ["here", "claimed", "void"]
    wait_for(lambda: (host.claim() / "keeper").exists())
    assert host.ask(ClaimVerb.ATTACH).words == ["here", "void"]
    assert not (host.home / "ran").exists()


def test_a_home_that_nobody_can_write_in_is_said(tmp_path: Path) -> None:
    host = LocalHost(tmp_path / "home")
    (host.home / ".mobius-tui").write_text("a file")
    assert host.start("echo ran").words[1].startswith("refused ")


def test_what_is_cleaned_is_of_this_run_alone_and_not_while_it_runs(
    host: LocalHost,
) -> None:
    """However old the claims of other runs are: they may be open."""
    claims = host.home / ".mobius-tui/claims"
    (claims / "old" / "h" / "s" / "1").mkdir(parents=True)
    os.utime(claims / "old", (1, 1))
    child = host.begin(START, script="read line < $HOME/go-on; echo $line")
    os.mkfifo(host.home / "go-on")
    host.process("child")
    assert host.ask(ClaimVerb.CLEAN).words == ["here", "clean"]
    assert host.claim().exists()
    (host.home / "go-on").write_text("went on\n")
    assert host.hear(child).output == b"went on\n"
    assert host.ask(ClaimVerb.CLEAN).words == ["here", "clean"]
    assert [each.name for each in claims.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"values": {"A B": "1"}}, "'A B' cannot be set"),
        ({"values": {"UID": "1"}}, "'UID' cannot be set"),
        ({"values": {"A": "1\0"}}, "A holds a NUL"),
        ({"script": "\0"}, "SCRIPT holds a NUL"),
    ],
)
def test_what_no_shell_can_be_told_is_refused(
    more: dict[str, object], says: str
) -> None:
    request = ClaimRequest(verb=START, run="r", step="s", host="h", **more)  # type: ignore[arg-type]
    with pytest.raises(RunError, match=says):
        request.shell_input(NONCE)


def test_parts_of_a_claims_path_cannot_lead_elsewhere(host: LocalHost) -> None:
    request = ClaimRequest(
        verb=START, run="../r", step="a/../b c", host="..", script="echo hello"
    )
    assert host.hear(host.send(request)).output == b"hello\n"
    found = [each.name for each in (host.home / ".mobius-tui/claims").rglob("*")]
    assert found[:3] == ["%2E.%2Fr", "%2E.", "a%2F..%2Fb%20c"]


def test_the_digest_is_of_all_that_runs_but_of_secrets_the_names_alone() -> None:
    """A short secret could be guessed from a digest, which lies on the host."""
    values = {"A": "1", "TOKEN": "s3cr3t", "URL": "https://x/?s3cr3t"}
    usual = claim_digest("echo", ("sh",), values, ["s3cr3t"])
    other = {"A": "1", "TOKEN": "other!", "URL": "https://x/?other!"}
    assert claim_digest("echo", ("sh",), other, ["other!"]) == usual
    changed = [
        claim_digest("echo 2", ("sh",), values, ["s3cr3t"]),
        claim_digest("echo", ("bash",), values, ["s3cr3t"]),
        claim_digest("echo", ("sh",), {**values, "A": "2"}, ["s3cr3t"]),
        claim_digest("echo", ("sh",), {"A": "1", "TOKEN": "s3cr3t"}, ["s3cr3t"]),
        claim_digest("echo", ("sh",), values, []),
    ]
    assert len({usual, *changed}) == 6
