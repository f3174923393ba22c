"""`--dry-run` tells what a run may begin, and what begins it."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.dry_run import dry_run_lines
from mobius_tui.run.client.run_briefing import prepare_briefing
from tests.conftest import MakeRunbook

BOOK = """format = 2
[runbook]
title = "Ways"
[var.often]
default = "3"
[health]
every = "3s"
[[health.probe]]
id = "api"
url = "http://127.0.0.1:1/health"
[[health.probe]]
id = "log"
url = "http://127.0.0.1:1/log"
trigger = false
[[health.probe]]
id = "nginx"
hosts = "web"
check.service = "nginx"
[targets.web]
hosts = ["web-1", "web-2"]
[health.trigger]
consecutive_failures = 3
then = "back"
grace = "5s"
[[phase]]
id = "main"
title = "Main"
parallel = 2
[[phase.step]]
id = "one"
title = "One"
run = "ls"
retry = { attempts = "${often}", every = "2s" }
on_failure = "continue"
[[phase.step]]
id = "two"
title = "Two"
run = "touch two"
undo = "rm two"
needs = ["one"]
approve = { role = "lead" }
on_failure = "back"
[[phase]]
id = "rows"
title = "Rows"
attended = true
[[phase.step]]
id = "each"
title = "Each"
for_each = ["a", "b"]
run = "ls $item"
on_failure = "back"
[[phase]]
id = "back"
title = "Back"
aside = true
instead_of = ["rows"]
next = "main"
[[phase.step]]
id = "put-back"
title = "Put back"
run = "ls"
[[phase]]
id = "side"
title = "Side"
aside = true
[[phase.step]]
id = "look"
title = "Look"
run = "ls"
on_failure = "back"
"""


def test_it_tells_what_begins_by_itself_and_what_follows_a_failure(
    tmp_path: Path, make_runbook: MakeRunbook
) -> None:
    briefing = prepare_briefing(make_runbook(BOOK), given={}, workdir=tmp_path)
    said = list(dry_run_lines(briefing, now=0.0))

    def below(head: str) -> list[str]:
        place = next(n for n, each in enumerate(said) if each.startswith(head)) + 1
        return said[place : place + 9]

    assert [each for each in said if each.startswith(("  probe", "  trigger"))] == [
        "  probe  api every 3s: http://127.0.0.1:1/health",
        "  probe  log every 3s: http://127.0.0.1:1/log, counts for no trigger",
        "  probe  nginx every 15s: on each host of web: nginx active",
        "  trigger when 3 checks in a row failed",
        "  trigger begins A Back, 5s later, where the watch is armed",
    ]
    assert below("1 Main")[0] == "  2 side by side"
    one = below("  1.1 One")
    assert one.index("      tries  3, 2s apart") < one.index(
        "      fails  the run goes on"
    )
    assert below("  1.2 Two")[2:5] == [
        "      needs  1.1 One",
        "      wants  approval by lead",
        "      fails  enters A Back",
    ]
    assert below("2 Rows")[0] == "  only a person starts its steps, each for itself"
    assert "      fails  enters A Back" in below("  2.1 Each")
    assert below("A Back")[:2] == [
        "  instead of 2 Rows: what is pending there does not apply once it begins",
        "  leads to 1 Main",
    ]
    assert below("B Side")[0] == "  leads back to where it was entered from"
    assert sum(each.startswith("  leads") for each in said) == 2, "not of Undo"
