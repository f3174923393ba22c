"""Each rule finds what it is for, at its very place, and nothing in what is fine."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

import mobius_tui.runbook
from mobius_tui.errors import UsageError
from mobius_tui.runbook.library.check_report import (
    check_files,
    check_items,
    explain_rule,
    rules_table,
)
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.lint.rule_table import RULES, SCRIPT_RULES
from mobius_tui.runbook.lint.text_rules import ValueOffsets
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.page.convert import convert_page
from mobius_tui.runbook.script_rules.script_context import ScriptContext
from mobius_tui.runbook.script_rules.succeeding_scripts import why_script_succeeds
from mobius_tui.runbook.shell.script_parser import MAX_CHARACTERS, parse_script
from mobius_tui.runbook.shell.script_walk import visits
from mobius_tui.runbook.toml.positions import scan_positions
from mobius_tui.runbook.toml.problem import LintRule
from tests.paths import CASES, DATA, ROOT
from tests.runbook.runbook_texts import HEAD, PLACE, STEP, found
from tests.table import each_row

ANYTHING = "effect = 'destroy'\ntimeout = '1m'\ncheck.file = { path = '/x' }"
"""A label that no script goes beyond."""


def codes(script: str, folder: Path, more: str = ANYTHING) -> list[str]:
    """The codes that a script gets."""
    return [each[0] for each in found(f"{more}\nrun = '''\n{script}\n'''", folder)]


@each_row("rule", RULES.values())
def test_the_bad_example_is_found_and_the_good_one_is_clean(
    rule: LintRule, tmp_path: Path
) -> None:
    assert {each[0] for each in found(rule.bad, tmp_path)} == {rule.code}
    assert found(rule.good, tmp_path) == []
    assert rule.title
    assert rule.reason.endswith(".")


@pytest.mark.parametrize(
    "path", sorted(bundled_folder().glob("*.toml")), ids=lambda p: p.name
)
def test_the_bundled_runbooks_are_clean(path: Path) -> None:
    runbook, problems = examine(path, thorough=True)
    if b"[runbook]" in path.read_bytes():
        assert runbook is not None
        assert [each.render() for each in problems] == []


BAD = [
    ("syntax-error", "if sudo true; then\n  tail -f log"),
    ("syntax-error", "systemctl stop api &&"),
    ("syntax-error", "cat <<EOF\na\n  EOF"),
    ("self-match", 'pkill -f "node.*mobius"'),
    ("self-match", "ps -ef | grep node | awk '{print $2}'"),
    ("self-match", "ps aux --sort=-rss | grep node"),
    ("self-match", "ps -ef --forest | grep node"),
    ("self-match", "ps -e --format=pid,args | grep node"),
    ("self-match", "kill $(pgrep -f server.js)"),
    ("swallowed-failure", "systemctl stop api || true"),
    ("swallowed-failure", "systemctl stop api || echo 'stop failed'"),
    ("swallowed-failure", "if cp a b; then mv b c; else echo 'copy failed'; fi"),
    ("swallowed-failure", "if ! cp a b; then echo 'copy failed' >&2; fi"),
    ("swallowed-failure", "cp a b && echo copied\necho done"),
    ("swallowed-failure", "for i in 1 2 3; do nc -z host 80 && break; sleep 1; done"),
    ("swallowed-failure", "set +e\nmake install"),
    ("swallowed-failure", "[ -f backup.zip ] || echo 'ERROR: no backup'"),
    ("swallowed-failure", 'x=$(make version) || true\necho "$x"'),
    ("sum-elsewhere", 'sha256sum -c "$backup.sha256"'),
    ("sum-elsewhere", "md5sum --check backups/a.md5"),
    (
        "relative-path",
        'b=$(ls backups/*.zip | sort -r | head -n 1)\n./x.sh --backup "$b"',
    ),
    ("relative-path", "./scripts/x.sh --file=backups/a.zip"),
    ("relative-path", "bash ./x.sh -b backups/a.zip"),
    ("relative-path", 'b=backups/a.zip\ncd /tmp\nunzip -o "$b"'),
    ("endless-command", "tail -f /var/log/syslog"),
    ("endless-command", "iostat 5"),
    ("endless-command", "iostat -xy 5"),
    ("endless-command", "dstat"),
    ("endless-command", "dstat -cdn -C 0 5"),
    ("endless-command", "watch -n 1 uptime"),
    ("endless-command", "while true; do date; sleep 1; done"),
    ("endless-command", "ping example.org"),
    ("endless-command", "tcpdump -n -i eth0 port 80"),
    ("endless-command", "docker logs --follow api"),
    ("endless-command", "docker compose -f compose.yml logs -f api"),
    ("endless-command", "kubectl -n shop logs deploy/api -f"),
    ("background", "/srv/serve &"),
    ("background", "/srv/serve > serve.log 2>&1 &\necho $! > serve.pid"),
    ("background", "/srv/serve &\npid=$!\nsleep 1\nkill -0 $pid"),
    ("background", "nohup /srv/serve &\nnc -z localhost 80"),
    ("background", "/srv/serve &\ndisown"),
    ("background", "for n in 1 2; do /srv/serve $n & done"),
    ("background", "if nc -z host 80; then (cd /srv; ./serve) & fi"),
    ("needs-terminal", "less app.log"),
    ("needs-terminal", "top"),
    ("needs-terminal", "kubectl exec -it web-0 -- sh"),
    ("needs-terminal", "kubectl -n shop exec web-0 -c app --stdin --tty -- bash"),
    ("needs-terminal", "kubectl --context prod edit deployment/web"),
    ("needs-terminal", "oc rsh dc/web"),
    ("needs-terminal", "sudo -n docker exec -it api sh"),
    ("needs-terminal", "docker run --rm -ti --name x alpine sh"),
    ("needs-terminal", "podman exec -u root -it api ls"),
    ("needs-terminal", "ssh -p 2222 -i key ops@db-1"),
    ("needs-terminal", 'for h in a b; do ssh "$h"; done'),
    ("needs-terminal", "timeout 5 env PGHOST=db psql -U ops shop"),
    ("needs-terminal", "sudo -n -u postgres psql"),
    ("needs-terminal", "mysql -h db -pXe shop"),
    ("needs-terminal", "redis-cli -h cache -n 2"),
    ("needs-terminal", "mongosh mongodb://db/shop"),
    ("needs-terminal", "sqlite3 app.db"),
    ("needs-terminal", "crontab -u app -e"),
    ("needs-terminal", "visudo"),
    ("needs-terminal", "systemctl edit api"),
    ("needs-terminal", "tmux attach -t deploy"),
    ("needs-terminal", "virsh console vm1"),
    ("prompt", "sudo systemctl restart api"),
    ("prompt", 'read -r answer\necho "$answer"'),
    ("prompt", "apt-get install jq"),
    ("prompt", "rm -i old.log"),
    ("misspelt-variable", 'ls "$backup_fil"\nbackup_file=x'),
    ("misspelt-variable", 'for host in a b; do echo "${hosst}"; done'),
    ("misspelt-variable", 'echo "a=$(id -un)" >> "$RUNBOOK_OUPUT"'),
    ("misspelt-variable", 'target_env=x\nls "/srv/$TARGET_ENV"'),
    ("misspelt-variable", 'version=1\nif [ "$(cat "${verion:?}")" = 1 ]; then ls; fi'),
    ("curl-without-fail", "curl -s -m 5 http://x/health | jq ."),
    ("curl-without-fail", "curl -sS -m 10 --fail-early http://x/health"),
    ("request-without-limit", "curl -fsS http://x/health"),
    ("request-without-limit", "wget -qO- http://x/health"),
    ("unquoted-variable", "for f in a b; do cat $f; done"),
    ("unquoted-variable", "[ -f ${file} ]"),
    ("unquoted-variable", 'echo "$a" > $b'),
    ("unquoted-variable", "cat ${file#*/}"),
    ("unquoted-variable", "cat ${file##*/} ${#file} ${!file}"),
    ("empty-path", 'rm -rf "$dir/"'),
    ("empty-path", 'rm -fr "${dir}"/*'),
    ("empty-path", 'rm -r "/srv/$app"'),
    ("placeholder", "# (Database-specific commands)\necho"),
    ("placeholder", "ls backups/dhash_production_YYYYMMDD_HHMMSS.zip"),
    ("placeholder", "ssh <your-host> uptime"),
    ("placeholder", "kubectl logs <pod> -n shop"),
    ("placeholder", "ls YOUR_FOLDER"),
    ("placeholder", "ls {{ folder }}"),
    ("placeholder", 'ls "${FOLDER:?}"'),
    ("placeholder", "ls [your folder]"),
    ("secret", "curl -fm 5 -H 'Authorization: Bearer abc123def456' http://x/"),
    ("secret", "psql postgres://ops:hunter22@db/mobius -c 'select 1'"),
    ("secret", "export API_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345"),
]


@each_row(("code", "script"), BAD)
def test_more_that_is_found(code: str, script: str, tmp_path: Path) -> None:
    assert set(codes(script, tmp_path)) == {code}


FINE = [
    "journalctl -u api | grep -q ready",
    "grep version package.json",
    "journalctl -u api | grep ready || echo none",
    "if ps -e | grep -q api; then echo up; fi",
    'up=no; curl -fsS -m 2 http://localhost:9/ && up=yes\necho "$up"',
    'readings=$(journalctl -u api | grep ready) && echo "$readings"',
    "pkill -f -- '^([^ ]*/)?node .*mobius' || exit 0",
    "ps aux | grep '[n]ode'",
    "ps aux | grep node | grep -v grep",
    "ps -p 1 -o args | grep init",
    "ps -eo pid,comm --sort=-rss | grep node",
    "ps -e --format pid,comm | grep node",
    "ps -e --forest | grep node",
    'ps -p "$(cat api.pid)" | grep node',
    "echo 'never use: pkill -f node'   # nor ps aux | grep node",
    "cat <<'EOF'\npkill -f node\nsudo reboot\nrm -rf \"$x/\"\nEOF",
    "cat <<EOF\ncurl http://x\ntail -f x\nEOF",
    "grep -q ERROR app.log || echo 'no errors'",
    "if [ -f a ]; then cp a b; else echo 'nothing to copy'; fi",
    'ok=0\nif nc -z host 80; then ok=1; else echo FAILED; fi\n[ "$ok" = 1 ]',
    "if nc -z host 80; then echo ok; else echo FAILED >&2; exit 1; fi",
    "for i in 1 2 3; do nc -z host 80 && exit 0; sleep 1; done\nexit 1",
    "read -r want _ < sums || true",
    "cp a b && echo copied",
    'set +e\nmake\ncode=$?\nset -e\nexit "$code"',
    "cd backups && sha256sum -c a.zip.sha256",
    "(cd backups; sha256sum -c a.zip.sha256)",
    'sha256sum < "$zip"',
    './x.sh --backup "$PWD/backups/a.zip" --env production --force',
    "./x.sh --url http://localhost:3000/health --backup /srv/a/b.zip",
    'b=$(realpath "$(ls backups/*.zip | head -n 1)")\n./x.sh --backup "$b"',
    "tail -n 100 -- app.log",
    "timeout 30 tail -f app.log || [ $? = 124 ]",
    "tail -f app.log | head -n 5",
    "iostat 5 3",
    "iostat -xy 1 5",
    "dstat 1 5",
    "dstat -cdn -D sda,sdb 1 5",
    "docker-compose -f compose.yml logs api",
    "docker compose -f compose.yml logs api",
    "ping -c 3 localhost",
    "tcpdump -n -c 100 port 80",
    "tcpdump -nc 100",
    "while true; do nc -z host 80 && break; sleep 1; done",
    "top -bn1 | head -n 20",
    "sudo -n systemctl restart api",
    "sudo -u mobius -n ./x.sh",
    'while read -r line; do echo "$line"; done < list',
    'printf \'a b\' | { read -r a b; echo "$a" "$b"; }',
    "apt-get install -y jq",
    "curl -sfm10 http://x/health | jq .",
    "curl -s -o /dev/null -m 5 -w '%{http_code}' http://x/health",
    'curl "${options[@]}" http://x/health',
    "timeout 5 curl -f http://x/health",
    "wget -E -T 10 -t 1 http://x/",
    "n=0\nn=$((n + 1))\necho $n $# $? ${#n} $$",
    "for i in {1..3}; do echo $i; done",
    'for unit in $units; do systemctl is-active "$unit"; done',
    "[[ -n $a && $b == x* ]]",
    "x=$a\nexport y=$x",
    'rm -rf "${dir:?}/"',
    'dir=$(mktemp -d)\nrm -rf "$dir"',
    'dir=/srv/old\nrm -rf "$dir/"',
    '[ -d "$dir" ]\nrm -rf "$dir/"',
    'for d in a b; do rm -rf "$d/"; done',
    "/srv/load &\nnc -z localhost 80",
    "/srv/load &\nwait",
    "for n in 1 2; do /srv/load $n & done\nwait",
    "nohup /srv/load &\npid=$!\nsleep 1\nkill $pid",
    "trap 'kill $!' EXIT\nnohup /srv/load &\necho begun",
    "setsid /srv/serve > serve.log 2>&1 < /dev/null &",
    "setsid -f nohup /srv/serve",
    "systemd-run --unit=serve /srv/serve &",
    "nohup /srv/load",
    "echo '/srv/serve &'",
    "less() { cat; }\nless a",
    'get() { read -r x; echo "$x"; }\necho a | get',
    "if $quiet; then echo a; else echo b; fi",
    "umask 077 && touch a\necho b && touch c\ntouch d",
    "less --version",
    "kubectl exec web-0 -- ls -it",
    "kubectl exec -i web-0 -- sh < fix.sh",
    "echo reload | kubectl exec -it web-0 -- sh",
    "kubectl get pods -o wide -t; kubectl logs edit",
    "oc rsh dc/web uptime",
    "docker exec api ls -it",
    "docker exec -u root -e A=it api tty",
    "docker run -d --restart always -p 1:1 x",
    "ssh ops@db-1 uptime -p",
    "ssh ops@db-1 <<'EOF'\nuptime\nEOF",
    "ssh -N -f -L 5432:db:5432 bastion",
    "psql -h db -c 'select 1'",
    "psql -XAtc 'select 1'",
    "psql shop < fix.sql",
    "cat fix.sql | sudo -n -u postgres psql shop",
    "psql <<EOF\nselect 1;\nEOF",
    'psql "${options[@]}"',
    "psql -l; psql --version",
    "mysql -e 'select 1' shop",
    "redis-cli -h cache ping; redis-cli --scan",
    "mongosh --eval 'db.stats()'; mongosh db fix.js",
    "sqlite3 app.db 'select 1'",
    "crontab -l; crontab new.cron",
    "visudo -cf /etc/sudoers",
    "systemctl cat edit",
    "tmux new-session -d -s x; screen -dmS x y; screen -ls",
    "su app -c './x.sh'",
    'backup_file=x\nls "${backup_fil:-}" "$1" "$?" "$@"',
    'backup_file=x\n. ./env.sh\nls "$backup_fil"',
    'backup_a=1; backup_b=2\nfor name in "${!backup_@}"; do echo "$name"; done',
    'backup_file=x\nread -r backup_fil < list\nls "$backup_fil"',
    'backup_file=x\nprintf -v backup_fil y\nls "$backup_fil"',
    "hosts='a b'\nfor host in $hosts; do echo \"$host\"; done",
    'count=1\n((counts = 2))\necho "$counts" "$count"',
    'node1=a\nls "$node1" "$node2"',
    'hom=x\neditor=y\nls "$HOME" "$EDITOR" "$HOSTNAME"',
    'pg_host=x\naws_region=y\nls "$PGHOST" "$AWS_REGION"',
    "backup_file=x\necho 'never $backup_fil'",
    'db_host=a\nls "$db_port"',
    "command -v jq > /dev/null || exit 0",
    "(cd a && make)\ntouch b",
    "sleep 0.1 || sleep 1",
    "$compose ps",
    'x="`dirname \\"$0\\"`"',
    "sort < in > out",
    "grep '<title>' page.html; echo '<name>x</name>'",
    "password=$(cat /run/secrets/db)\nexport password",
    'mysql --password="$db_password" -e "select 1"',
    "echo 'token: see the vault'",
]


READ = "effect = 'read'"
SHOWS = [
    "journalctl -u api | grep ready",
    "journalctl -u api | grep -c ready | cat",
    "grep -i error /var/log/api.log",
    'for f in a b; do tail "$f" | egrep -v x; done',
]


@pytest.mark.parametrize("script", SHOWS)
def test_a_search_that_finds_nothing_fails_what_only_shows(
    script: str, tmp_path: Path
) -> None:
    assert codes(script, tmp_path, READ) == ["finds-nothing"]
    for more in (
        f"{READ}\nsuccess = [0, 1]",
        f"{READ}\non_failure = 'continue'",
        f"{READ}\ngate = true",
        f"{READ}\ncheck.output = {{ match = 'x' }}",
        ANYTHING,
    ):
        assert codes(script, tmp_path, more) == []


@each_row("script", FINE)
def test_what_is_fine_is_not_found(script: str, tmp_path: Path) -> None:
    assert codes(script, tmp_path) == []


@pytest.mark.parametrize(
    ("pattern", "lint"),
    [
        (r"^\s*$", []),
        (r"^\w*$", []),
        ("^$", []),
        (".*", ["check-cannot-fail"]),
        ("x*", ["check-cannot-fail"]),
        ("^$|.", ["check-cannot-fail"]),
    ],
)
def test_a_pattern_matches_all_if_it_matches_more_than_what_is_blank(
    pattern: str, lint: list[str], tmp_path: Path
) -> None:
    text = f"effect = 'destroy'\ntimeout = '1m'\ncheck.output.match = '{pattern}'"
    said = found(f"{text}\nrun = 'true'", tmp_path)
    assert [each[0] for each in said] == lint


def test_a_script_that_bash_cannot_parse_says_where_and_what_is_open(
    tmp_path: Path,
) -> None:
    script = 'if true; then\n  for x in a; do\n    echo "$x"\nfi'
    [(code, line, words)] = found(
        f"effect = 'read'\nrun = '''\n{script}\n'''", tmp_path
    )
    assert (code, line) == ("syntax-error", 6)
    begins = (HEAD + PLACE + STEP).count("\n") + 4
    assert words == (
        f"`fi` stands here where `for` wants its `done`; that `for` is on line {begins}"
    )
    other = f"effect = 'read'\nshell = ['zsh']\nrun = '''\n{script}\n'''"
    assert found(other, tmp_path) == []


def test_a_misspelt_name_of_the_runbook_is_found_where_it_stands(
    tmp_path: Path,
) -> None:
    path = CASES / "authoring" / "typo.toml"
    text = path.read_text(encoding="utf-8")
    [problem] = examine(path, thorough=True)[1]
    assert (problem.code, problem.line) == ("misspelt-variable", 20)
    assert text.splitlines()[19][problem.column - 1 :].startswith("$target_revison")
    assert "did you mean `target_revision`?" in problem.message
    mended = tmp_path / "x.toml"
    mended.write_text(text.replace("revison", "revision"), encoding="utf-8")
    assert examine(mended, thorough=True)[1] == ()


def test_the_place_is_the_very_character_of_the_file(tmp_path: Path) -> None:
    spellings = [
        "run = '''\necho one\n  «sudo reboot\n'''",
        "run = 'echo one; «sudo reboot'",
        'run = """\necho \\"é\\"\\n\\techo \\u00e9; \\\n    «sudo reboot\n"""',
        "check.run = { script = '''\ntest -f x\n «sudo x\n''' }",
        "[phase.step.check]\nrun = [{ script = 'test -f x; «sudo x' }]",
        "manual = '''\nGo to\n «/path/to/it'''",
        "manual = 'x'\nask = [{ var = 'v', title = 'Is it in «/path/to/it?' }]",
        "manual = 'x'\n[[message]]\nid = 'm'\ntitle = 'M'\nbody = 'of «[Timestamp]'",
    ]
    for spelling in spellings:
        before, _, after = (HEAD + STEP + spelling).partition("«")
        path = tmp_path / "x.toml"
        path.write_text(before + after, encoding="utf-8")
        _, problems = examine(path, thorough=True)
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        kinds = {"prompt", "placeholder"}
        found = [(p.line, p.column) for p in problems if p.code in kinds]
        assert found == [place], spelling


def test_a_secret_is_masked_wherever_its_line_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    script = 'curl -H "Authorization: Bearer s3cr3t-t0ken" http://x/'
    path.write_text(f"{HEAD}{STEP}effect = 'read'\nrun = '{script}'\n")
    text, code = check_files([path])
    assert code == 0
    assert "[secret]" in text
    assert "[curl-without-fail]" in text
    assert "s3cr3t" not in text + repr(check_items([path]))


def test_a_broken_runbook_is_mended_before_it_is_doubted(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f"{HEAD}{STEP}run = 'pkill -f x'\ntimeout = 3\n")
    _, problems = examine(path, thorough=True)
    assert [each.severity for each in problems] == ["error"]


def test_what_is_used_twice_is_found_once(tmp_path: Path) -> None:
    text = "effect = 'read'\nrun = 'sudo ls'\n[[phase.step]]\nuse = 's'\nid = 't'\n"
    assert [each[0] for each in found(text, tmp_path)] == ["prompt"]


def test_an_included_phase_is_looked_at_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "common.toml").write_text(
        f"format = 1\n{STEP}effect = 'read'\nrun = 'sudo ls'\n"
        "[[phase]]\nid = 'other'\ntitle = 'O'\n[[phase.step]]\nid = 'o'\ntitle = 'O'\n"
        "effect = 'read'\nrun = 'sudo not-included'\n"
    )
    path = tmp_path / "x.toml"
    path.write_text(f"{HEAD}[[phase]]\ninclude = 'common.toml#p'\n")
    _, problems = examine(path, thorough=True)
    assert [(Path(p.file).name, p.line, p.code) for p in problems] == [
        ("common.toml", 9, "prompt")
    ]


def test_a_script_for_another_program_is_left_alone(tmp_path: Path) -> None:
    text = "timeout = '1m'\nshell = ['python3']\nrun = 'sudo = read = 1'"
    assert found(text, tmp_path) == []


def test_a_runbook_full_of_doubts_ends_soon(tmp_path: Path) -> None:
    text = "effect = 'read'\nrun = '''\n" + "curl y; rm -r $z/\n" * 40_000 + "'''"
    found_ = found(text, tmp_path)
    most = MAX_CHARACTERS // len("curl y; rm -r $z/\n")
    assert Counter(each[0] for each in found_) == {
        "curl-without-fail": most,
        "request-without-limit": most,
        "unquoted-variable": most,
        "empty-path": most,
        "script-too-long": 1,
    }


def test_every_warning_has_a_rule() -> None:
    """What modules report by a code is in the table; a warning has no other way."""
    source = Path(mobius_tui.runbook.__file__).parent
    named = {
        code
        for path in source.rglob("*.py")
        for code in re.findall(r'warn\(\s*"([a-z-]+)"', path.read_text())
    }
    assert len(named) > 8
    assert named <= set(RULES)


def test_the_page_of_rules_lists_every_rule() -> None:
    text = (ROOT / "docs" / "check-rules.md").read_text(encoding="utf-8")
    assert rules_table() in text


@each_row("code", [*RULES, "SC2086", "list"])
def test_each_rule_is_explained(code: str) -> None:
    words = explain_rule(code)
    assert code in words or code == "list"
    if code in RULES:
        rule = RULES[code]
        assert rule.remedy in words
        assert rule.good.split("\n")[0] in words


def test_a_rule_that_is_none_is_told_from_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"did you mean `prompt`.*--explain list"):
        explain_rule("prompts")


def test_the_seed_hurts_in_every_way_that_was_measured(tmp_path: Path) -> None:
    page = DATA / "rollback_runbook.md"
    made = convert_page(
        page.read_text(), page_file="page.md", file="x.toml", id_source="seed"
    )
    path = tmp_path / "x.toml"
    path.write_text(made.text, encoding="utf-8")
    _, problems = examine(path, thorough=True)
    hurts = {(each.code, each.text.strip()) for each in problems}
    assert hurts >= {
        ("sum-elsewhere", 'sha256sum -c "${LATEST}.sha256"'),
        ("relative-path", '--backup "$BACKUP_FILE" \\'),
        ("swallowed-failure", "if curl -f -s -m 10 http://localhost:3000/health; then"),
        ("self-match", "ps aux | grep node.*mobius"),
        ("self-match", 'pkill -f "node.*mobius"'),
        ("curl-without-fail", "curl -s http://localhost:3000/health | jq ."),
        ("request-without-limit", "curl -f http://localhost:3000/api/version"),
        ("placeholder", "# (Database-specific commands)"),
        ("placeholder", "Last Updated: $(date --iso-8601)"),
        ("unquoted-variable", "diff -r config/backup config/$TARGET_ENV"),
    }


WORDS = st.sampled_from(
    [
        *("a", "$x", '"$x"', "${x:?}", "$(", ")", "`", "'", '"', "{", "}", "(", "\n"),
        *(";", "|", "||", "&&", "&", "if", "then", "else", "fi", "for", "in", "do"),
        *("done", "while", "true", "echo", "FAILED", "exit 0", "break", "set +e", "cd"),
        *("pkill -f", "ps aux", "grep", "curl", "wget", "-f", "-m 5", "sudo", "env"),
        *("timeout", "read -p", "rm -rf", '"$x/"', "sha256sum -c", "./x.sh", "--b"),
        *("backups/a", "x=backups/a", "export", "tail -f", "htop", "iostat", "5", "<"),
        *("select", "case", "esac", ";;", "[[", "]]", "f()", "command -v", "docker"),
    ]
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(WORDS, max_size=25).map(" ".join))
def test_no_script_makes_a_rule_fail(text: str) -> None:
    script = parse_script(text)
    look = ScriptContext(
        script=script, visits=tuple(visits(script.body)), value_prefixes={"x": "a/b"}
    )
    for judge in SCRIPT_RULES:
        for each in judge(look):
            assert each.code in RULES
            assert 0 <= each.offset < len(text)
    assert why_script_succeeds(RunCheck(script=text)) != ""


@settings(derandomize=True, deadline=None)
@given(st.text("ab\n\t\\\"'é \r\u0001", max_size=40), st.booleans())
def test_a_place_in_a_value_is_that_in_its_spelling(text: str, lines: bool) -> None:
    spelt = tomli_w.dumps({"k": text}, multiline_strings=lines)
    value = tomllib.loads(spelt)["k"]  # a line end of `text` may have become another
    raw = scan_positions(spelt).raw(("k",))
    inside = ValueOffsets(raw)
    for offset, char in enumerate(value):
        if char in "abé '":
            assert raw[inside.to_source(offset)] == char
