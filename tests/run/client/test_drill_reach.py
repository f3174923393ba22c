"""What a drill can reach: by what its runbook is, and what is given to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.client.drill_reach import (
    AS_WRITTEN_TEXT,
    CONFINED_TEXT,
    HARMLESS_TEXT,
    drill_description,
    drill_reach,
    reach_lines,
    runs_as_written,
)
from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.structs import replace

ROLLBACK = bundled_folder() / "mobius-rollback.toml"
HEAD = 'format = 2\n[runbook]\ntitle = "Mine"\n'


def briefing(path: Path, site: Path, **given: str) -> Briefing:
    site.mkdir(exist_ok=True)
    found = prepare_briefing(
        load(path), given=given, workdir=site, mode=Mode.DRILL, site=str(site)
    )
    addresses = frozenset(("127.0.0.1:21000",))
    return replace(found, site_addresses=addresses, site_programs=frozenset(("ssh",)))


def mine(tmp_path: Path, body: str, **given: str) -> Briefing:
    path = tmp_path / "mobius-rollback.toml"
    path.write_text(HEAD + body)
    return briefing(path, tmp_path / "site", **given)


def named(of: Briefing) -> dict[str, tuple[str, ...]]:
    return {each.part: each.things for each in drill_reach(of)}


def test_only_what_is_written_for_the_site_touches_nothing_real(
    tmp_path: Path,
) -> None:
    ours = briefing(ROLLBACK, tmp_path / "site")
    assert not runs_as_written(ours)
    assert drill_description(ours) == HARMLESS_TEXT
    assert reach_lines(ours) == ()
    theirs = mine(tmp_path, "[[step]]\ntitle = 'Nothing'\nrun = 'true'\n")
    assert runs_as_written(theirs)
    assert drill_description(theirs) == AS_WRITTEN_TEXT
    assert "nothing real" not in " ".join(reach_lines(theirs))
    confined = replace(theirs, confined=True)
    assert not runs_as_written(confined)
    assert drill_description(confined) == CONFINED_TEXT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "https://mobius.example.org"),
        ("base_url", "http://127.0.0.1:3000"),
        ("health_witness", "10.0.0.1:53"),
        ("release_archive", "/srv/releases/mobius.tar.gz"),
        ("database_dump", "../dump.db"),
    ],
)
def test_a_value_that_leads_elsewhere_makes_it_real(
    tmp_path: Path, name: str, value: str
) -> None:
    given = briefing(ROLLBACK, tmp_path / "site", **{name: value})
    assert runs_as_written(given)
    assert name in named(given)


def test_a_value_of_the_sites_own_does_not(tmp_path: Path) -> None:
    site = tmp_path / "site"
    own = {"base_url": "http://127.0.0.1:21000", "release_archive": f"{site}/a.gz"}
    assert not runs_as_written(briefing(ROLLBACK, site, monitor_for="3s", **own))


def test_the_home_of_the_site_is_on_it_unless_a_step_has_another(
    tmp_path: Path,
) -> None:
    step = "[[step]]\ntitle = 'A'\nrun = 'rm -rf \"$HOME/x\" ~/y'\n"
    assert named(mine(tmp_path, step)) == {}
    found = named(mine(tmp_path, step + 'env = { HOME = "/root" }\n'))
    assert set(found["1.1 A"]) >= {"HOME, which it sets", "/root/x"}


def test_every_part_of_a_runbook_is_read(tmp_path: Path) -> None:
    body = """
[var.place]
from_run = 'ls /srv/places'
[var.token]
secret = true
from_file = "/etc/shop.token"
[targets.web]
hosts = ["web-1"]
[health]
every = "1s"
[[health.probe]]
id = "api"
url = "https://shop.example.org/health"
[[health.probe]]
id = "db"
check = { port = { at = "db.example.org:5432" } }
[[step]]
title = "Change"
when = { check = { file = { path = "/srv/shop" } } }
run = 'date > /srv/shop/now'
undo = 'rm /srv/shop/now'
check = { run = 'test -s /srv/shop/now' }
[[step]]
title = "There"
hosts = "web"
run = "uptime"
[[step]]
title = "Rows"
for_each = { run = "ls /srv/rows" }
run = 'touch "$item"'
[[step]]
title = "Choose"
choose = { var = "which", from = { run = "ls /srv/choices" } }
[[step]]
title = "It is named"
check = { dns = { name = "shop.example.org" } }
[[step]]
title = "Read by Python"
shell = ["python3"]
run = "print(1)"
[[step]]
title = "By hand"
manual = "See https://wiki.example.org and /srv/docs."
"""
    found = named(mine(tmp_path, body))
    for part, thing in {
        "$place": "/srv/places",
        "$token": "/etc/shop.token",
        "probe api": "https://shop.example.org/health",
        "probe db": "db.example.org:5432",
        "1.1 Change": "/srv/shop/now",
        "1.2 There": "hosts of web",
        "1.3 Rows": "/srv/rows",
        "1.4 Choose": "/srv/choices",
        "1.5 It is named": "DNS, for shop.example.org",
        "1.6 Read by Python": "code for python3: cannot be read",
        "A.1 Undo: Change": "/srv/shop/now",
    }.items():
        assert thing in found[part], found
    assert "/srv/shop" in found["1.1 Change"], "its guard looks there"
    assert not any("By hand" in part for part in found), "a person does it"


def test_what_lies_with_the_runbook_is_read_as_if_it_stood_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "look-at").write_text("#!/bin/sh\ncat /etc/mine\ncurl http://x/\n")
    (tmp_path / "other").write_text("#!/usr/bin/python3\n")
    body = "[[step]]\ntitle = 'Look'\neffect = 'change'\nrun = '{}'\n"
    head = "files = ['look-at', 'other']\n"
    of = mine(tmp_path, head + body.format('look-at; cat "$RUNBOOK_FILES/other"'))
    assert named(of) == {
        "1.1 Look": (
            "look-at: /etc/mine",
            "look-at: `curl http://x/`",
            "look-at: http://x/",
        )
    }
    of = mine(tmp_path, head + body.format("other"))
    assert named(of) == {"1.1 Look": ("`other`: not known what it does",)}
