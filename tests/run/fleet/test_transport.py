"""The words that ssh is called with."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.transport import (
    Destination,
    LocalRoute,
    SshRoute,
    transport_to,
)


def test_ssh_is_called_with_nothing_that_a_host_or_a_name_could_use() -> None:
    way = transport_to(Destination(name="web-1"), SshRoute(), None)
    assert way.description == "ssh web-1"
    assert way.argv[:2] == ("ssh", "-T")
    assert way.argv[-3:] == ("--", "web-1", "exec sh -s")
    for option in (
        *("BatchMode=yes", "ForwardAgent=no", "StrictHostKeyChecking=yes"),
        *("ServerAliveInterval=5", "ServerAliveCountMax=2", "ControlMaster=no"),
        *("ConnectTimeout=5", "UpdateHostKeys=no", "PermitLocalCommand=no"),
    ):
        assert way.argv[way.argv.index(option) - 1] == "-o"


def test_connections_are_shared_where_there_is_a_place_for_it() -> None:
    argv = transport_to(Destination(name="web-1"), SshRoute(), Path("/tmp/x/0")).argv
    assert {"ControlMaster=auto", "ControlPath=/tmp/x/0", "ControlPersist=10"} <= {
        *argv
    }


def test_another_user_is_become_around_the_whole_claim() -> None:
    argv = transport_to(
        Destination(name="web-1"), SshRoute(become="root", config="c"), None
    ).argv
    assert argv[-1] == "exec sudo -n -H -u root -- sh -s"
    assert argv[argv.index("-F") + 1] == "c"
    with pytest.raises(RunError):
        transport_to(Destination(name="web-1"), SshRoute(become="-i"), None)


@pytest.mark.parametrize("user", ["ops", "CORP\\anna", "svc-deploy$", "anna@corp"])
def test_users_are_those_that_inventories_and_runbooks_may_name(user: str) -> None:
    host = Destination(name="web-1", user=user)
    argv = transport_to(host, SshRoute(become=user), None).argv
    assert argv[argv.index("-l") + 1] == user
    assert shlex.split(argv[-1])[-4:-2] == [user, "--"]


@pytest.mark.parametrize("user", ["-l", "a b", "a\nb", "$(id)", "a" * 66])
def test_a_user_that_is_an_option_or_code_is_refused(user: str) -> None:
    with pytest.raises(RunError, match="is no name of a user"):
        transport_to(Destination(name="web-1", user=user), SshRoute(), None)


@pytest.mark.parametrize("route", [SshRoute(), LocalRoute(sites={"-oA=b": "/"})])
def test_a_name_that_is_an_option_to_ssh_is_refused(
    route: SshRoute | LocalRoute,
) -> None:
    with pytest.raises(RunError, match="begins with `-`"):
        transport_to(Destination(name="-oA=b"), route, None)


def test_a_login_there_reads_its_profile_and_begins_at_home(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("greeting=hello\nexport greeting\n")
    route = LocalRoute(sites={"web-1": str(tmp_path)})
    argv = transport_to(Destination(name="web-1"), route, None).argv
    said = subprocess.run(
        argv, input=b'echo "$greeting"; pwd -P', capture_output=True, check=True
    )
    assert said.stdout.decode().split() == ["hello", str(tmp_path.resolve())]
    gone = transport_to(
        Destination(name="web-1"), LocalRoute(sites={"web-1": "/none"}), None
    )
    refused = subprocess.run(gone.argv, input=b"", capture_output=True, check=False)
    assert refused.returncode != 0
    assert refused.stdout == b""


def test_a_drills_host_is_a_folder() -> None:
    route = LocalRoute(sites={"web-1": "/s/1"})
    argv = transport_to(Destination(name="web-1"), route, None).argv
    assert (argv[:2], argv[-2:]) == (("env", "HOME=/s/1"), ("sh", "-s"))
    with pytest.raises(RunError, match="no site for the host web-2; there are web-1"):
        transport_to(Destination(name="web-2"), route, None)
