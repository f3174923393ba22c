"""Everything that the MOBIUS page says is somewhere in the bundled runbooks.

The README's table says where each heading went. A command or an item of the page must
stand there in its own words, or in those that `INSTEAD` names.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mobius_tui.run.variables import texts
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.library import bundled, folder
from mobius_tui.runbook.words import check_in_words

PAGE = Path(__file__).parents[1] / "data" / "rollback_runbook.md"
NAME = re.compile(r"`([a-z0-9-]+)`")

HEALTH_URL = "http://localhost:3000/health"
THREE_CHECKS = (
    "get ${base_url}/health = 200, faster than 5s, with the right body, 3 in a row"
)
HASHES = 'have=$(sha256sum < "$zip")'
NEWEST = 'for zip in $(ls -1 backups/dhash_"$target_env"_*.zip | sort -r); do'
EXECUTE = "./scripts/deploy/rollback_dhash.sh --backup $copy --env $target_env"
SMOKE = "./scripts/deploy/smoke_tests.sh --env $target_env"

INSTEAD = {
    "health failures: 3 consecutive health check failures": "3 failed health checks",
    "success rate: overall success <70% after ≥5 checks": "70 % success after at least",
    "high latency: p95 response times >5000ms consistently": "p95 above 5000 ms",
    "error rate: >5% error rate for 5+ consecutive checks": "more than 5 % errors",
    "./scripts/deploy/smoke_tests.sh --env production --quick": f"{SMOKE} --quick",
    "tail -100 monitor_logs/monitor_production_*.log": 'tail -n 100 "$newest"',
    f"curl -s {HEALTH_URL} | jq .": "get ${base_url}/health = 200, with the right body",
    "latest_backup=$(ls -1 backups/dhash_production_*.zip | sort -r | head -n1)": (
        NEWEST
    ),
    'echo "latest backup: $latest_backup"': 'echo "verified: $zip"',
    'sha256sum -c "${latest_backup}.sha256"': HASHES,
    "notify incident commander": "page @incident-commander",
    "alert stakeholders via slack/teams": "alert stakeholders",
    "update status page if applicable": "skip it where there is no status page",
    "document rollback decision": "ask @ops to authorize the rollback",
    './scripts/deploy/rollback_dhash.sh --backup "$latest_backup" --env production'
    " --force": f"{EXECUTE} --force",
    'export target_env="production"': "$target_env",
    'export backup_file="backups/dhash_production_yyyymmdd_hhmmss.zip"': (
        'echo "backup_file=$pwd/$zip" >> "$runbook_output"'
    ),
    'ls -la "$backup_file"': 'ls -l -- "$backup_file" "$backup_file.sha256"',
    'sha256sum -c "${backup_file}.sha256"': "${backup_file}.sha256",
    './scripts/deploy/rollback_dhash.sh --backup "$backup_file" --env $target_env'
    " --force": f"{EXECUTE} --force",
    "systemctl status mobius-api": "mobius-api, mobius-worker active",
    "systemctl status mobius-worker": "mobius-api, mobius-worker active",
    "ps aux | grep node.*mobius": "processes matching ${process_pattern}: >=2",
    "for i in {1..3}; do": THREE_CHECKS,
    'echo "health check $i/3 ($(date)):"': "three in a row, as required",
    f"if curl -f -s -m 10 {HEALTH_URL}; then": THREE_CHECKS,
    'echo " ✅ passed"': "three in a row, as required",
    'echo " ❌ failed"': "if one fails, the rollback may have failed",
    'echo " rollback may have failed - investigate immediately"': (
        "if one fails, the rollback may have failed"
    ),
    "else": "if one fails",
    "fi": "if one fails",
    "done": THREE_CHECKS,
    "sleep 10": "every ${check_every}",
    "./scripts/deploy/smoke_tests.sh --env $target_env": SMOKE,
    "curl -f http://localhost:3000/api/version": "get ${base_url}/api/version = 200",
    "curl -f http://localhost:3000/api/health/detailed": (
        "get ${base_url}/api/health/detailed = 200"
    ),
    "diff -r config/backup config/$target_env": (
        "config/${target_env} same as config/backup"
    ),
    "ls -la scripts/deploy/": "scripts/deploy/rollback_dhash.sh mode 0755",
    "systemctl stop mobius-api": "systemctl stop mobius-api",
    "systemctl stop mobius-worker": "systemctl stop mobius-api mobius-worker",
    'pkill -f "node.*mobius"': 'pkill -f -- "$process_pattern"',
    "cd /tmp": "folder=$(mktemp -d)",
    'unzip "$backup_file"': 'unzip -q "$copy" -d "$folder"',
    "cp -r config/* /path/to/production/config/": 'cp -r "$restored/config/." config/',
    "systemctl start mobius-worker": "systemctl start mobius-api mobius-worker",
    "consider activating disaster recovery procedures": (
        "activate disaster recovery procedures"
    ),
    "cp config/backup/* config/production/": 'cp -r -- config/backup "$new"',
    f"curl -f {HEALTH_URL}": "get ${base_url}/health = 200, 3 in a row",
    './scripts/deploy/rollback_dhash.sh --backup "$backup_file" --env production': (
        EXECUTE
    ),
    "./scripts/deploy/smoke_tests.sh --env production": SMOKE,
    "monitor_duration=1800 ./scripts/deploy/monitor.sh --env $target_env"
    " --duration 1800": "${monitor_for}",
    "tail -f /var/log/syslog": 'tail -f -- "$system_log"',
    "environment: production": "environment: ${target_env}",
    "reason: [brief description]": "reason: ${reason}",
    "started: [timestamp]": "started: ${run.started}",
    "completed: [timestamp]": "completed: ${now}",
    "health: 3/3 health checks passed": (
        "health: ${step.three-checks.check} health checks passed"
    ),
    "failed: [timestamp]": "failed: ${now}",
    "issue: [description]": "issue: ${failure}",
    "latest=$(ls -1t backups/dhash_production_*.zip | head -n1)": NEWEST,
    'sha256sum -c "${latest}.sha256"': HASHES,
    './scripts/deploy/rollback_dhash.sh --backup "$latest" --env production --force': (
        f"{EXECUTE} --force"
    ),
    f'for i in {{1..3}}; do curl -f {HEALTH_URL} && echo " ✅"; sleep 10; done': (
        THREE_CHECKS
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
"""What the page says → our words for it, where they are others."""


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


def table() -> dict[str, tuple[str, ...]]:
    """Where each heading went, as the README says."""
    text = (folder() / "README.md").read_text()
    rows = text.partition("| heading of the page |")[2].splitlines()[2:]
    cells = [row.split("|") for row in rows if row.startswith("|")]
    return {row[1].strip(): tuple(NAME.findall(row[2])) for row in cells}


def parts() -> dict[str, str]:
    """What each runbook, phase, step and message says, by its id."""
    found: dict[str, list[str]] = {}
    for path in bundled():
        runbook = load(path)
        found.setdefault(runbook.id, []).extend(texts((runbook.title, runbook.summary)))
        people = (" ".join((c.role, c.handle, c.for_)) for c in runbook.contacts)
        found.setdefault("contacts", []).extend(people)
        for message in runbook.messages.values():
            found.setdefault(message.id, []).extend(texts(message))
        for phase in runbook.phases:
            said = found.setdefault(phase.id, [phase.title, phase.why])
            for step in phase.steps:
                words = [*texts(step), *(check_in_words(c) for c in step.checks)]
                found.setdefault(step.id, []).extend(words)
                said += words
                found[runbook.id] += words
    return {name: unquoted(plain(" | ".join(said))) for name, said in found.items()}


def said() -> tuple[tuple[str, str], ...]:
    """Each command and item once under its heading."""
    return tuple(
        (heading, item)
        for heading, items in page().items()
        for item in dict.fromkeys(items)
    )


def test_the_table_has_each_heading_of_the_page_and_each_name_is_there() -> None:
    rows, there = table(), parts()
    assert list(rows) == list(page())
    assert {name for names in rows.values() for name in names} <= set(there)
    assert all(rows.values())


@pytest.fixture(scope="module")
def there() -> dict[str, str]:
    return parts()


def test_the_page_is_read_whole() -> None:
    assert sum(map(len, page().values())) > 110


@pytest.mark.parametrize(("heading", "item"), said())
def test_what_the_page_says_is_somewhere(
    heading: str, item: str, there: dict[str, str]
) -> None:
    where = table()[heading]
    words = unquoted(INSTEAD.get(item, item))
    assert any(words in there[name] for name in where), (item, words, where)


def test_nothing_is_replaced_that_is_not_on_the_page() -> None:
    assert set(INSTEAD) <= {item for _, item in said()}
