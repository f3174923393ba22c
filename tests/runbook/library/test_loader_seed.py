"""Everything that the MOBIUS page says is somewhere in the bundled runbooks.

The README's table says where each heading went. A command or an item of the page must
stand there in its own words, or in those that `INSTEAD` names.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest

from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder, bundled_runbooks
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.model.step_text import check_in_words
from mobius_tui.runbook.model.templates import texts_in
from tests.paths import DATA
from tests.table import each_row

PAGE = DATA / "rollback_runbook.md"
NAME = re.compile(r"`([a-z][a-z0-9-]*)`")
CODE = re.compile(r"`([^`]+)`")
COLUMN = re.compile(r"(?<!\\)\|")

HEALTH_URL = "http://localhost:3000/health"
HEALTHY = f"get {HEALTH_URL} = 200, faster than 5s, with the right body, 3 in a row"
NEWEST = "find-backup --env production"
SUMMED = "as ${backup_file}.sha256 says"
OPENED = "open-backup --env production"
EXECUTE = (
    "./scripts/deploy/rollback_dhash.sh --backup $backup_copy --env production --force"
)
SMOKE = "./scripts/deploy/smoke_tests.sh --env production"
BOTH = "mobius-api, mobius-worker"

INSTEAD = {
    "🚨 rollback in progress 🚨": "🚨 rollback of mobius 🚨",  # it may be back by then
    "health failures: 3 consecutive health check failures": "3 failed health checks",
    "success rate: overall success <70% after ≥5 checks": "70 % overall success",
    "high latency: p95 response times >5000ms consistently": "p95 above 5000 ms",
    "error rate: >5% error rate for 5+ consecutive checks": "more than 5 % errors",
    "tail -100 monitor_logs/monitor_production_*.log": 'tail -n 100 "$newest"',
    f"curl -s {HEALTH_URL} | jq .": f"get {HEALTH_URL} = 200, with the right body",
    "latest_backup=$(ls -1 backups/dhash_production_*.zip | sort -r | head -n1)": (
        NEWEST
    ),
    'echo "latest backup: $latest_backup"': "the one that is proposed stands first",
    'sha256sum -c "${latest_backup}.sha256"': SUMMED,
    "notify incident commander": "page @incident-commander",
    "alert stakeholders via slack/teams": "alert stakeholders",
    "update status page if applicable": "skip it where there is no status page",
    "document rollback decision": "ask @ops to authorize the rollback",
    './scripts/deploy/rollback_dhash.sh --backup "$latest_backup" --env production'
    " --force": EXECUTE,
    'export target_env="production"': "--env production",
    'export backup_file="backups/dhash_production_yyyymmdd_hhmmss.zip"': (
        "choose the backup | backup_file | backups"
    ),
    'ls -la "$backup_file"': OPENED,
    'sha256sum -c "${backup_file}.sha256"': "as ${backup_file}.sha256 says",
    './scripts/deploy/rollback_dhash.sh --backup "$backup_file" --env $target_env'
    " --force": EXECUTE,
    "systemctl status mobius-api": f"{BOTH} active",
    "systemctl status mobius-worker": f"{BOTH} active",
    "ps aux | grep node.*mobius": "site-processes list --at-least 2 --env production",
    "for i in {1..3}; do": HEALTHY,
    'echo "health check $i/3 ($(date)):"': "three in a row, as required",
    f"if curl -f -s -m 10 {HEALTH_URL}; then": HEALTHY,
    'echo " ✅ passed"': "three in a row, as required",
    'echo " ❌ failed"': "if one fails, the rollback may have failed",
    'echo " rollback may have failed - investigate immediately"': (
        "the rollback may have failed: investigate immediately"
    ),
    "else": "if one fails",
    "fi": "if one fails",
    "done": HEALTHY,
    "sleep 10": "every 10s",
    "curl -f http://localhost:3000/api/version": 'ask-page --want version "http://localhost:3000/api/version"',
    "curl -f http://localhost:3000/api/health/detailed": '--want status=ok "http://localhost:3000/api/health/detailed"',
    "./scripts/deploy/smoke_tests.sh --env $target_env": SMOKE,
    "diff -r config/backup config/$target_env": "compare-backup --env production",
    "systemctl stop mobius-worker": "systemctl stop mobius-api mobius-worker",
    'pkill -f "node.*mobius"': "site-processes end --env production mobius-api",
    "cd /tmp": OPENED,
    'unzip "$backup_file"': OPENED,
    "cp -r config/* /path/to/production/config/": (
        "restore-configuration --env production --from $restored"
    ),
    "systemctl start mobius-worker": "systemctl start mobius-api mobius-worker",
    "consider activating disaster recovery procedures": (
        "activate disaster recovery procedures"
    ),
    "cp config/backup/* config/production/": (
        "restore-configuration --env production --exact"
    ),
    "scenario 1: configuration rollback only: systemctl start mobius-api": (
        "systemctl restart mobius-api mobius-worker"
    ),
    f"curl -f {HEALTH_URL}": HEALTHY,
    './scripts/deploy/rollback_dhash.sh --backup "$backup_file" --env production': (
        EXECUTE
    ),
    "monitor_duration=1800 ./scripts/deploy/monitor.sh --env $target_env"
    " --duration 1800": "30m",
    "tail -f /var/log/syslog": "tail -f -- /var/log/syslog",
    "reason: [brief description]": "reason: ${reason}",
    "started: [timestamp]": "started: ${run.started}",
    "completed: [timestamp]": "completed: ${step.three-checks.ended}",
    "health: 3/3 health checks passed": (
        "health: ${step.three-checks.check} health checks passed"
    ),
    "failed: [timestamp]": "failed: ${run.failed}",
    "issue: [description]": "issue: ${failure}",
    "latest=$(ls -1t backups/dhash_production_*.zip | head -n1)": NEWEST,
    'sha256sum -c "${latest}.sha256"': SUMMED,
    './scripts/deploy/rollback_dhash.sh --backup "$latest" --env production --force': (
        EXECUTE
    ),
    f'for i in {{1..3}}; do curl -f {HEALTH_URL} && echo " ✅"; sleep 10; done': (
        HEALTHY
    ),
    "sre on-call: @sre-oncall (immediate escalation)": (
        "sre on-call @sre-oncall immediate escalation"
    ),
    "deploy operator: @ops (rollback authorization)": (
        "deploy operator @ops rollback authorization"
    ),
    "engineering lead: @eng-lead (technical decisions)": (
        "engineering lead @eng-lead technical decisions"
    ),
    "incident commander: @incident-commander (major incidents)": (
        "incident commander @incident-commander major incidents"
    ),
}
"""What the page says → our words for it, where they are others.

A heading before it, where the same is said otherwise under another one.
Variables of ours that have a default are filled in with it, as a run would be.
"""


def plain(text: str) -> str:
    """A text without marks and emphasis, to be compared."""
    return " ".join(re.sub(r"\*\*|`", "", text).lower().split())


def unquoted(text: str) -> str:
    """A command with its variables quoted or not."""
    return re.sub(r'"(\$\w+)"', r"\1", text)


def page() -> dict[str, list[str]]:
    """The commands and list items of the page, by the heading above them."""
    found: dict[str, list[str]] = {}
    heading, fence, whole = "", "", ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("```"):
            fence = "" if fence else line[3:] or "text"
        elif not fence and line.startswith("#"):
            heading = line.lstrip("# ").strip()
            found[heading] = []
        elif not fence and (item := re.match(r"- (?:\[ \] )?(.+)", line)):
            found[heading].append(plain(item[1]))
        elif fence and line.strip() and not (fence == "bash" and re.match(" *#", line)):
            whole += line.strip().removesuffix("\\")
            if not line.endswith("\\"):
                found[heading].append(plain(whole))
                whole = ""
    return found


def commands() -> tuple[str, ...]:
    """Each command of the page, a loop as one of them."""
    found: dict[str, None] = {}
    for block in re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(), re.M | re.S):
        block = re.sub(r"^\s*#.*\n", "", block, flags=re.M).replace("\\\n", " ")
        block = re.sub(r"^for .*?^done$", _one_line, block, flags=re.M | re.S)
        found.update(dict.fromkeys(plain(line) for line in block.split("\n") if line))
    return tuple(found)


def _one_line(found: re.Match[str]) -> str:
    return " ".join(found[0].split())


def rows(head: str) -> list[list[str]]:
    """The rows of the README's table whose first column is called so."""
    text = (bundled_folder() / "README.md").read_text().partition(f"| {head} |")[2]
    lines = itertools.takewhile(lambda line: line.startswith("|"), text.split("\n")[2:])
    return [[cell.strip() for cell in COLUMN.split(line)[1:-1]] for line in lines]


def table() -> dict[str, tuple[str, ...]]:
    """Where each heading went, as the README says."""
    return {row[0]: tuple(NAME.findall(row[1])) for row in rows("heading of the page")}


def parts() -> dict[str, str]:
    """What each runbook, phase, step and message says, by its id."""
    found: dict[str, list[str]] = {}
    for path in bundled_runbooks():
        for name, words in _parts_of(load(path)):
            found.setdefault(name, []).append(words)
    return {name: " | ".join(words) for name, words in found.items()}


def _parts_of(runbook: Runbook) -> Iterator[tuple[str, str]]:
    def words(*parts: object) -> str:
        return plain(filled(unquoted(" | ".join(texts_in(parts))), runbook))

    yield runbook.id, words(runbook.title, runbook.summary)
    for contact in runbook.contacts:
        yield "contacts", plain(f"{contact.role} {contact.handle} {contact.for_}")
    for message in runbook.messages.values():
        yield message.id, words(message)
    for phase in runbook.phases:
        yield phase.id, words(phase.title, phase.why)
        for step in phase.steps:
            said = words(step, tuple(check_in_words(c) for c in step.checks))
            yield from ((name, said) for name in (step.id, phase.id, runbook.id))


def filled(text: str, runbook: Runbook) -> str:
    """A text with the defaults of variables in it, as a run would fill them in."""

    def value(found: re.Match[str]) -> str:
        variable = runbook.variables.get(found[1] or found[2])
        return variable.default if variable and variable.default else found[0]

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, text)


def said() -> tuple[tuple[str, str], ...]:
    """Each command and item once under its heading."""
    return tuple(
        (heading, item)
        for heading, items in page().items()
        for item in dict.fromkeys(items)
    )


def test_the_table_has_each_heading_of_the_page_and_each_name_is_there() -> None:
    went, there = table(), parts()
    assert list(went) == list(page())
    assert {name for names in went.values() for name in names} <= set(there)
    assert all(went.values())


@pytest.fixture(scope="module")
def there() -> dict[str, str]:
    return parts()


def test_the_page_is_read_whole() -> None:
    assert sum(map(len, page().values())) > 110


@each_row(("heading", "item"), said)
def test_what_the_page_says_is_somewhere(
    heading: str, item: str, there: dict[str, str]
) -> None:
    where = table()[heading]
    here = f"{plain(heading)}: {item}"
    words = unquoted(INSTEAD.get(here, INSTEAD.get(item, item)))
    assert any(words in there[name] for name in where), (item, words, where)


def test_nothing_is_replaced_that_is_not_on_the_page() -> None:
    there = {item for _, item in said()}
    there.update(f"{plain(heading)}: {item}" for heading, item in said())
    assert set(INSTEAD) <= there


def test_each_command_of_the_page_has_a_row_that_says_what_ours_does() -> None:
    """`…` in a row stands for what is left out of a command."""
    told: list[re.Pattern[str]] = []
    known = parts()
    for named, really, ours in rows("command of the page"):
        steps = NAME.findall(ours)
        assert all((really, steps)), named
        assert set(steps) <= set(known), named
        codes = CODE.findall(named.replace("\\|", "|"))
        told += [re.compile(re.escape(plain(c)).replace("…", ".*")) for c in codes]
    missing = [c for c in commands() if not any(t.fullmatch(c) for t in told)]
    assert missing == []
    stray = [t.pattern for t in told if not any(map(t.fullmatch, commands()))]
    assert stray == []
