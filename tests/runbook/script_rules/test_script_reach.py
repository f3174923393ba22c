"""What a script names beyond the folder that it runs in."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.script_rules.script_reach import (
    OTHER_MACHINES,
    Surroundings,
    script_reach,
)
from tests.table import each_row

SITE = Surroundings(
    folder="/home/me/sites/one",
    addresses=frozenset(("127.0.0.1:21000",)),
    programs=frozenset(("curl", "git", "kubectl", "pkill", "ssh", "sudo", "systemctl")),
    home_is_inside=True,
    values={"data": "/srv/data", "base_url": "http://127.0.0.1:21000", "here": "app"},
)


def reach(script: str) -> str:
    return " | ".join(script_reach(script, SITE))


@pytest.mark.parametrize(
    "script",
    [
        "rm -rf build",
        "ls backups/*.zip | tail -1",
        'rm -rf "$here/cache"',
        "rm -rf /home/me/sites/one/cache",
        "rm -rf /home/me/sites/one/a/../cache",
        'curl -fsS "$base_url/health"',
        "ssh web-1 uptime; kubectl get pods; sudo systemctl restart shop",
        "pkill -f shop",
        "awk '/^[0-9]/ {print $1}' app.log | grep -v '/health'",
        "clean() { rm -rf cache; }; clean",
        "file=$(mktemp); date > $file; rm $file",
        'echo "found=$x" >> "$RUNBOOK_OUTPUT"; echo "$y" 2>/dev/null',
        'for log in *.log; do gzip "$log"; done',
        "tar -xf release.tar.gz -C ~/app",
        "bash -c 'rm -rf cache'",
    ],
)
def test_what_stays_names_nothing(script: str) -> None:
    assert reach(script) == ""


@each_row(
    ("script", "named"),
    [
        ("rm -rf /var/tmp/x", "/var/tmp/x"),
        ("rm -rf /home/me/sites/one/../two", "/one/../two"),
        ("rm -rf ../two", "../two"),
        ("rm -rf / ", "/"),
        ("rm -rf ~bob/x", "~bob"),
        ('rm -rf "$data"/old', "/srv/data/old"),
        ("x=/srv; rm -rf $x/old", "/srv/old"),
        ("for f in /var/log/*.log; do gzip $f; done", "/var/log/"),
        ("echo x > /etc/cron.d/x", "/etc/cron.d/x"),
        ("cat <<E > /etc/motd\nhello\nE", "/etc/motd"),
        ("cd /srv/app && git pull", "/srv/app"),
        ("/usr/local/lib/release.sh", "/usr/local/lib/release.sh"),
        ("tool --config=/etc/shop.toml", "/etc/shop.toml"),
        ("sudo rm -rf /srv/x", "/srv/x"),
        ("bash -c 'rm -rf /srv/x'", "/srv/x"),
        ("eval 'rm -rf /srv/x'", "/srv/x"),
        ("if true; then rm /srv/x; fi", "/srv/x"),
        ("echo $(rm /srv/x)", "/srv/x"),
        ("curl https://api.example.org/x", "https://api.example.org/x"),
        ("curl http://127.0.0.1:8080/stop", "http://127.0.0.1:8080/stop"),
        ("exec 3<>/dev/tcp/db/5432", "/dev/tcp/db/5432"),
        ("/usr/bin/ssh web-1 reboot", "/usr/bin/ssh web-1 reboot"),
        ("ls | xargs -n 1 helm delete", "helm delete"),
        ("crontab -", "crontab -"),
        ('kill "$(cat shop.pid)"', "kill"),
        ("deploy-tool prod", "deploy-tool prod`: not known what it does"),
        ("export PATH=/opt/bin:$PATH; deploy", "PATH, which it sets"),
        ("HOME=/root; rm -rf ~/x", "HOME, which it sets"),
    ],
)
def test_what_leaves_is_named(script: str, named: str) -> None:
    assert named in reach(script)


@pytest.mark.parametrize(
    "script",
    [
        "rm -rf $x",
        'rm -rf "${x:?}"',
        'echo a > "$x"',
        "$x --force",
        'eval "$x"',
        'bash -c "$x"',
        "x=$(cat target); rm -rf $x",
        "rm -rf $(cat target)",
        "read -r x < list; rm $x",
        "if true; then rm x",
    ],
)
def test_what_cannot_be_read_is_named_as_such(script: str) -> None:
    assert "cannot be read" in reach(script)


@each_row("program", sorted(OTHER_MACHINES - SITE.programs))
def test_a_program_that_acts_elsewhere_is_named_whatever_it_does(program: str) -> None:
    assert f"`{program} status`" in reach(f"{program} status")
    assert program in reach(f"timeout 5 {program} status")


def test_code_for_another_program_is_not_read() -> None:
    found = script_reach("import os", SITE, shell=("python3",))
    assert found == ("code for python3: cannot be read",)
    found = script_reach("open('/srv/x', 'w')", SITE, shell=("python3",))
    assert "/srv/x" in found
