"""The judge sees what really runs, and takes what it cannot see for a change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.runbook.effects.command_effects import (
    BadLineError,
    bundled_commands,
    method_effect,
    parse_table_line,
)
from mobius_tui.runbook.effects.effect_judge import judge_script
from mobius_tui.runbook.shell.script_parser import MAX_CHARACTERS
from tests.growth import UNEVEN, growth
from tests.table import each_row

READ = [
    "ansible db -m ping",
    "ansible db -m command -a 'systemctl status x'",
    "ls -l; cat x | grep y > /dev/null 2>&1",
    "psql -h x -c \"SELECT count(*), now() from pg_locks where state = 'drop it'\"",
    "kubectl get pods -n prod\noc get pods",
    'kubectl logs -n prod "$pod"',
    "journalctl -u x | awk '{print $1}' | sort | uniq -c | sort -rn | head",
    "find . -name '*.tmp' -exec ls -l {} \\;",
    "find . -print0 | xargs -0 ls -l",
    "ssh host uptime",
    "watch -n 1 kubectl get pods",
    'echo a=1 >> "$RUNBOOK_OUTPUT"',
    't=$(mktemp); ls > "$t"; rm -f "$t"',
    't=$(mktemp -d); trap \'rm -rf "$t"\' EXIT; ls > "$t/x"',
    't=$(mktemp); ls > "$t"; t=$(mktemp); ls > "$t"',
    'a=$(mktemp) b=$(mktemp "$a.XXX"); ls > "$a"; ls > "$b"',
    'clean() { rm -f "$t"; }; trap clean EXIT; t=$(mktemp); ls > "$t"',
    'trap \'rm -f "$t"\' EXIT; t=$(mktemp); ls > "$t"',
    'log() { echo "$1"; }; log x; t=$(mktemp); while read x; do ls > "$t"; done',
    "psql <<'EOF'\n\\dt\nselect 1;\nEOF",
    "psql <<'EOF'\nselect 1 as a \\gset\n  \\echo :a\nselect 2 \\g\n\\q\nEOF",
    "mysql -e 'select `a` from b\\G'",
    "python3 --version",
    "f() { ls; }; f",
    "sed -n 's/a/b/p' x",
    "sed -n 's/;w/;else/p; /;w/p; $!N' x",
    'sed -n "${from},${to}p; s/a/$b/" x',
    "awk '$1 > 5 {print $2}' x",
    'awk "{print \\$$column}" x',
    "awk '/a|b/ || $1 ~ /[/|]/ { gsub(/x|y/, \";\"); print }' x",
    "awk 'NR > 1\n  !/a|b/ { print ($1 || $2) }' x",
    "docker exec -it web ls /",
    "kubectl exec -n p pod -c c -- cat /etc/x",
    "kubectl delete pod x --dry-run=client",
    "kubectl delete pod x --dry-run=client --dry-run=client",
    "psql -c 'select 1' -c 'select 2'",
    "psql -f - -f - <<< 'select 1'",
    "sed -n -e /a/p -e /b/p x",
    "find . -exec ls {} \\; -exec wc -l {} +",
    "find . -exec echo -exec rm {} \\;",
    "curl -fsS -o /dev/null -m 3 http://x/",
    't=$(mktemp); curl -o "$t" http://x',
    "curl -X GET http://x",
    "curl -X GET -X HEAD http://x",
    't=$(mktemp); curl -o /dev/null http://x -o "$t" http://y',
    "aws s3 ls s3://x --profile p",
    "aws --profile p ec2 describe-instances",
    "gcloud compute instances list --project x",
    "tar tzf x",
    "tar -tzf x",
    "mongosh --eval 'rs.status()'",
    "redis-cli -h x INFO replication",
    "test -e x || [ -d y ] && [[ -f z ]] ; (( a > 3 ))",
    "x=(1 2); export A=b; for ((i=0;i<3;i++)); do echo $i; done",
    "git branch -a; git -C /x status; git remote -v",
    "command -v jq",
    "systemctl is-active x; systemctl status y",
    "nginx -t",
    "vault kv get -field=x secret/y",
    "op read op://ops/shop/token",
    "op item get shop --fields label=password",
    "pass show ops/registry | head -n 1",
    "sops decrypt --extract '[\"smtp\"]' secrets.yaml",
    "sops -d secrets.yaml",
    "aws secretsmanager get-secret-value --secret-id x --output text",
    "kill -0 $pid",
    "ip addr show; ip a; ip -4 route",
    "yq '.a' x.yaml; jq -r .x y",
    "sudo -n -u postgres psql -Atc 'select 1' db",
    "kubectl get pods -o json | jq '.items[].metadata.name'",
    "ssh -o BatchMode=yes db1 'systemctl is-active postgresql && df -h /'",
    "diff <(ls a) <(ls b)",
    'logs=(a b); newest=${logs[${#logs[@]} - 1]}; ls "$newest"',
    "python3 -m json.tool < x",
    "aws sts get-caller-identity",
    "helm history web -n shop",
    "ls 2> /dev/null >&2",
    "ps aux | grep -c 'rm -rf'",
    "echo 'kubectl delete ns prod'",
    "cat <<'EOF'\nrm -rf /\n$(rm x)\nEOF",
    "# rm -rf /\nls",
    "find . -type f -size +1M",
    "git diff HEAD~1 -- config",
    "skopeo inspect docker://a",
    "ldd /bin/ls",
]

CHANGE = [
    "ansible db -m apt -a name=jq",
    "git checkout main",
    'psql -c "UPDATE users SET active = false where id = 3"',
    'psql -c "SELECT pg_promote()"',
    "curl http://127.0.0.1:8080/admin/shutdown",
    "sudo systemctl stop postgresql",
    "kubectl scale deploy/web --replicas=0",
    'echo "nothing" && git log --output=/etc/passwd',
    "sort -ro /etc/hosts /etc/hosts",
    "find . -name x -fprintf out '%p'",
    "ssh host",
    "echo x > /etc/y",
    'f=/etc/passwd; echo x > "$f"; f=$(mktemp)',
    'echo x > "$t"; t=$(mktemp)',
    'f() { ls > "$t"; }; f; t=$(mktemp)',
    "bash -c 'ls > \"$t\"'; t=$(mktemp)",
    't=$(mktemp) true; ls > "$t"',
    'read t; ls > "$t"; t=$(mktemp)',
    't=$(mktemp); read -r t; ls > "$t"',
    't=$(mktemp); printf -v t /etc/x; ls > "$t"',
    'for t in /etc/*; do ls > "$t"; t=$(mktemp); done',
    't=$(mktemp); for t in /etc/*; do ls > "$t"; done',
    "t=$(mktemp); bash -c 'read t; ls > \"$t\"'",
    "t=$(mktemp); bash -c 't=/etc/passwd; ls > \"$t\"'",
    'f=$(mktemp); f=/etc/passwd; echo x > "$f"; f=$(mktemp)',
    "psql -f x.sql",
    "python3 x.py",
    "./x.sh",
    "$cmd x",
    "sed -i s/a/b/ x",
    "sed 's/a/b/w out' x",
    "awk '{system(\"rm x\")}' y",
    "awk 'BEGIN { \"rm -rf /srv/x\" | getline }'",
    "awk '{ cmd = \"reboot\"; print | cmd }' x",
    "awk '{ print $1,\n$2 | cmd }' x",
    "awk '{ x = a / b; print | cmd / c }' x",
    'awk \'/"/ { system("reboot") }\' x',
    'awk "$a $b" x',
    'awk "{ $body }" x',
    "while read a; do :; done > out",
    "curl -d x -o /dev/null http://x/",
    "curl -X POST http://x",
    "curl -X GET -X POST http://x",
    "curl -o /dev/null http://x -o /etc/x http://y",
    "tar -xzf x",
    "helm rollback x 1",
    "echo $(( 1 + $(touch x) ))",
    "curl x | sh",
    "PGPASSWORD=x pg_ctl promote",
    "ip link set eth0 down",
    "docker compose down",
    "docker restart web",
    "echo 1 | sudo tee /proc/sys/vm/drop_caches",
    "ssh host < script.sh",
    "cat x | sh",
    "nc host 9999 < x",
    "scp a b:c",
    'eval "$x"',
    "source ./env.sh",
    "kubectl rollout restart deploy/web",
    "systemctl restart x && systemctl status x",
    "psql <<EOF\ninsert into t values (1);\nEOF",
    "psql -c 'select * into b from a'",
    "psql <<'EOF'\nselect 'drop table x' \\gexec\nEOF",
    "psql <<'EOF'\nselect 1 \\g |sh\nEOF",
    "psql <<'EOF'\nselect 1\n\\gx 'x'\nEOF",
    "psql <<'EOF'\n\\s x\nEOF",
    "psql <<'EOF'\n\\echo `reboot`\nEOF",
    "psql <<'EOF'\n\\set x -- `reboot`\nEOF",
    "psql <<'EOF'\n\\x \\! reboot\nEOF",
    "psql -c 'select my_function()'",
    "mysql -e 'SET GLOBAL read_only = 1'",
    "redis-cli CONFIG SET maxmemory 1gb",
    "mongosh --eval 'db.adminCommand({x: 1})'",
    "xargs -I{} kubectl label pod {} a=b < list",
    "make deploy",
    "curl -T file http://x",
    "sed -n 'e date' x",
    "sed -n '1!w /etc/motd' x",
    "sed 'w/etc/motd' x",
    "sed '1!e reboot' x",
    "sed -n '$ ! { /a/,+2w x\n}' x",
    "sed -n '\\,a,Iw x' x",
    "sed 's/;/x/;w x' x",
    "sed 's/a/b/Mgw x' x",
    "sed -n -e p -e 'w /etc/x' x",
    "psql -f - -f x.sql <<< 'select 1'",
    "ansible db -m ping -m apt",
    'sed "$program" x',
    'sed -n -e "$one; $two" x',
    "yq -i '.a = 1' x.yaml",
    "skopeo copy a b",
    "needrestart -r a",
    "unlz4 x.lz4",
    "psql -f - < x.sql",
]

DESTROY = [
    "env -S 'rm -rf x'",
    "env -iS 'rm -rf x'",
    "sudo -Hu deploy rm -rf /srv/old",
    "sudo --user deploy rm -rf /srv/old",
    "timeout --signal KILL 5 rm -rf /srv/old",
    "busybox rm x",
    "time -p rm x",
    "git checkout -- config",
    "ansible db -b -a 'rm -rf /x'",
    "ansible db -m shell -a 'dropdb x'",
    "\\rm x",
    "sudo su - -c 'rm x'",
    "yes | apt-get remove x",
    "redis-cli --scan | xargs redis-cli del",
    "kubectl exec -it db -- bash -c \"psql -c 'drop table x'\"",
    "pssh -h hosts -i 'ls'; pkill -KILL x",
    "rm -rf /var/lib/pgsql/data; kubectl delete ns prod",
    "dropdb prod; terraform destroy -auto-approve",
    "rm -f /tmp/x",
    "df -h /var/lib    # confirm there's room\nrm -rf /var/lib/pgsql/data",
    'echo "$(kubectl delete pod $(kubectl get pods -o name))"',
    "curl -XDELETE localhost:9200/my-index",
    "etcdctl member remove 8211f1d0f64f3269",
    "aws ec2 terminate-instances --instance-ids i-123",
    "terraform apply -auto-approve",
    "mongorestore --drop --archive=/backup/x",
    "kubectl drain node1 --ignore-daemonsets",
    "git push --force origin main",
    'psql -c "UPDATE users SET active = false"',
    "redis-cli -h r1 SHUTDOWN NOSAVE",
    "kubectl replace --force -f x.yaml",
    'echo "`rm -rf /tmp/x`"',
    'echo "a $(echo "b $(rm -rf /tmp/x)")"',
    "find . -name '*.tmp' -delete",
    "find . -name '*.tmp' -exec rm -f {} +",
    "find . | xargs -n 1 -P 2 rm -f",
    "ssh -i k host 'sudo rm -rf /x'",
    "bash -c 'rm -rf \"$x\"'",
    'timeout 5 env A=b sudo -u x bash -c "echo; kubectl -n p delete pod x"',
    "watch -n 1 'rm x'",
    "psql <<EOF\nselect 1;\ndrop table x;\nEOF",
    'echo "drop table x" | psql -h y',
    "f() { rm x; }; f",
    "cmd=rm; $cmd x",
    "for i in 1 2; do if true; then rm x; fi; done",
    "case x in a) rm x;; esac",
    "docker exec web rm -rf /x",
    "kubectl exec pod -- sh -c 'rm x'",
    "gcloud compute instances delete x",
    "mongosh --eval 'db.dropDatabase()'",
    "redis-cli FLUSHALL",
    "git branch -D x",
    "kill -9 $pid",
    'eval "rm x"',
    "sh <<'E'\nrm -rf x\nE",
    "sudo sh -c 'echo 1 > /proc/x; rm y'",
    "docker compose down -v",
    "find / -name x | xargs -0 -I{} sh -c 'rm {}'",
    "cat <<EOF\n$(rm -rf x)\nEOF",
    "x=(1 $(rm y))",
    "PGPASSWORD=x psql -h db -c 'truncate table a'",
    "mysql <<'SQL'\nDELETE FROM users;\nSQL",
    "psql -c 'select 1' -c 'drop table x'",
    "mysql -e 'select 1' -e 'drop table x'",
    "find . -exec ls {} \\; -exec rm {} \\;",
    "kubectl delete pod x --dry-run=client --dry-run=none",
    'ssh a ssh b "sudo rm -rf /x"',
    "nohup setsid rm -rf x &",
    "watch -n5 kubectl delete pod x",
    "parallel rm ::: a b",
    "su - postgres -c 'dropdb x'",
    "docker run --rm x; docker rm -f web",
    "vault kv delete secret/x",
    "op item delete x",
    "pass rm x",
    "zfs rollback tank@a",
    "helm uninstall web",
    "lvremove -f vg/lv",
    "coproc rm x",
    "time rm x",
    "! rm x",
    "{ rm x; } 2>/dev/null",
    "(cd /x && rm y)",
    "until rm x; do sleep 1; done",
    "kubectl get ns prod -o json | kubectl replace --force -f -",
]


@each_row(
    ("script", "effect"),
    [
        *((script, "read") for script in READ),
        *((script, "change") for script in CHANGE),
        *((script, "destroy") for script in DESTROY),
    ],
)
def test_what_a_script_does(script: str, effect: str) -> None:
    found = judge_script(script)
    assert found.effect == effect, found.effects


@each_row(
    ("shell", "script", "effect"),
    [
        (("psql", "-h", "db", "-f"), "select 1;", "read"),
        (("psql", "-f"), "drop table x;", "destroy"),
        (("sudo", "-u", "postgres", "psql", "-f"), "vacuum;", "change"),
        (("/bin/sh",), "rm x", "destroy"),
        (("awk", "-f"), 'BEGIN { system("x") }', "change"),
        (("python3",), "print(1)", "change"),
        (("bash", "-eu"), "rm x", "destroy"),
        (("bash", "-c", 'psql -h "${host}" -f - "$0"'), "select 1", "read"),
        (("bash", "-c", 'psql -h "${host}" -f "$0"'), "drop table x", "destroy"),
        (("bash", "-c", 'python3 "$0"'), "print(1)", "change"),
        (("bash", "-ec", 'rm x; sh "$0"'), "ls", "destroy"),
        (("bash", "-euo", "pipefail", "-c", 'psql -f "$0"'), "drop table x", "destroy"),
        (("bash", "-euo", "pipefail", "-c", 'psql -f "$0"'), "select 1", "read"),
        (("bash", "-c", "-e", 'psql -f "$0"'), "drop table x", "destroy"),
        (("bash", "-ceo", "pipefail", 'psql -f "$0"'), "select 1", "read"),
        (("bash", "-c"), "rm x", "destroy"),
        (("sudo", "bash", "-c", 'rm -rf /x; sh "$0"'), "ls", "destroy"),
        (("sudo", "-u", "app", "bash", "-c", 'sh "$0"'), "rm x", "destroy"),
        (("env", "A=1", "bash", "-c", 'sh "$0"'), "ls", "read"),
        (("nice", "sh"), "rm x", "destroy"),
        (("./own.sh",), "ls", "change"),
        (("mysql", "--init-command=drop table x"), "select 1", "destroy"),
        (("mysql", "--tee=/srv/f"), "select 1", "change"),
    ],
)
def test_a_script_for_another_program(
    shell: tuple[str, ...], script: str, effect: str
) -> None:
    assert judge_script(script, shell=shell).effect == effect


@pytest.mark.parametrize(
    ("script", "at", "known"),
    [
        ("ls\n  rm -rf x", "rm -rf x", True),
        ("echo $(ls; rm x)", "rm x", True),
        ("ssh h 'ls; rm x'", "rm x", True),
        ("cat <<EOF\n$(rm x)\nEOF", "rm x", True),
        ("psql <<'EOF'\nselect 1;\nDROP TABLE a;\nEOF", "DROP TABLE a", True),
        ("ls > a", "a", True),
        ("./x.sh --all", "./x.sh --all", False),
        ("$cmd x", "$cmd x", False),
    ],
)
def test_a_deed_stands_at_its_place(script: str, at: str, known: bool) -> None:
    (deed,) = judge_script(script).effects
    assert deed.offset == script.index(at)
    assert deed.source_text.endswith(at)
    assert deed.known is known


def test_what_is_added_is_known_and_makes_nothing_lighter() -> None:
    more = bundled_commands().extended(
        {
            "./status.sh": "read",
            "deployctl": {"effect": "change", "valued": "--on"},
            "deployctl history|diff": "read",
            "deployctl wipe": "destroy",
            "npm run health": "read",
            "mytool": {"valued": "--on"},
            "mytool list": "read",
            "kubectl": "read",
            "kubectl delete": "read",
            "kubectl delete pod": "read",
            "rm -rf": "read",
            "rm": "nothing",
        }
    )
    effects = {
        "./status.sh -v": "read",
        "bash ./status.sh": "change",
        "deployctl --on eu history": "read",
        "deployctl --dry history": "read",
        "deployctl go": "change",
        "deployctl wipe x": "destroy",
        "npm run health": "read",
        "npm run deploy": "change",
        "mytool --on eu list": "read",
        "mytool wipe": "change",
        "kubectl apply -f x": "change",
        "kubectl delete pod x": "destroy",
        "rm -rf x": "destroy",
    }
    assert {
        script: judge_script(script, table=more).effect for script in effects
    } == effects


def test_a_command_added_with_sub_commands_alone_changes_with_any_other() -> None:
    more = bundled_commands().extended(
        {"deployctl history|diff": "read", "redis:topk list": "read"}
    )
    effects = {
        "deployctl history x": "read",
        "deployctl rollback": "change",
        "redis-cli TOPK list x": "read",
        "redis-cli TOPK add x y": "change",
    }
    assert {
        script: judge_script(script, table=more).effect for script in effects
    } == effects


@pytest.mark.parametrize(
    "line",
    [
        ("", "read"),
        ("x", "reads"),
        ("x", 3),
        ("x", {}),
        ("x", {"effect": "read", "why": "y"}),
        ("x", {"code": "somewhere"}),
        ("x", {"effect": "read", "skip": 10}),
        ("x", {"effect": ["read"]}),
    ],
)
def test_a_line_that_is_none_says_why(line: tuple[str, object]) -> None:
    with pytest.raises(BadLineError, match=r"\w{4}"):
        parse_table_line(*line)


def test_no_two_lines_of_the_table_say_different_things_of_the_same_words() -> None:
    table = bundled_commands()
    for name in table.names():
        entry = table.find(name)
        assert entry is not None
        tokens = [line.tokens for line in entry.lines]
        assert len(set(tokens)) == len(tokens), name


def test_methods_of_http() -> None:
    assert method_effect("get") == method_effect("HEAD") == "read"
    assert method_effect("POST") == method_effect("WHATEVER") == "change"
    assert method_effect("DELETE") == "destroy"


HOSTILE: Sequence[Callable[[int], str]] = (
    lambda n: "bash -c " * n,
    lambda n: "$(" * n,
    lambda n: "cat <<A\n$(cat <<A\n" * n,
    lambda n: "bash <<'A'\n" * n,
    lambda n: "x=(" + "$(a) " * n + ")",
    lambda n: "psql -c '" + "select f(" * n + "'",
    lambda n: "sed '" + "/a\\" * n + "' x",
    lambda n: (
        "sed '" + "".join(f";s{chr(0xE000 + i % 6400)}" for i in range(n)) + "' x"
    ),
    lambda n: "sed '" + ";s/;\\a;/" * n + "' x",
    lambda n: "awk '" + "print(" * n + "' x",
    lambda n: "awk '" + ";/[" * n + "' x",
    lambda n: "psql -c '" + "\\g " * n + "'",
    lambda n: "mongosh --eval '" + "a(" * n + "'",
    lambda n: "ssh h ssh h " * n,
    lambda n: "kubectl " + "-a " * n,
    lambda n: "psql " + "-c a " * n,
    lambda n: "psql " + "-f - " * (n // 2) + "<<< '" + "a;" * n + "'",
    lambda n: "find . -exec " * n,
    lambda n: "f() { f; }; " * n,
    lambda n: "t=$(mktemp) " * n + "ls > $t",
    lambda n: "".join(f"f{i}() {{ f{i + 1}; }}; " for i in range(n)) + "f0",
    lambda n: "if " * n,
    lambda n: "x='" + "a[$(" * n + "'",
    lambda n: "alias " + "a='b c' " * n,
    lambda n: "frob " + "a " * n,
    lambda n: "frob '" + "a b; " * n + "'",
    lambda n: "mysql -e '" + "/*! a " * n + "'",
    lambda n: "mysql -e '" + "copy a to stdout " * n + "'",
    lambda n: "mongosh --eval '" + "a[" * n + "'",
    lambda n: "mongosh --eval '" + "a[]" + " " * n + "'",
    lambda n: "awk '" + "print\\\n" * n + "' x",
    lambda n: "echo '" + "\\n" * n + "x' | nc h 1",
    lambda n: "python3 -c '" + "(" * n + "'",
    lambda n: "perl -ne '" + "/(" * n + "' x",
    lambda n: "PATH=" + "/bin:" * n,
)
"""Scripts that look worse the more pieces they have."""


@pytest.mark.parametrize("script", HOSTILE, ids=lambda make: repr(make(3)))
def test_a_hostile_script_takes_no_more_for_a_word_the_longer_it_is(
    script: Callable[[int], str],
) -> None:
    """Where it is not too long to be read."""
    pieces = MAX_CHARACTERS * 950 // len(script(1000))
    assert growth(lambda count: judge_script(script(count)), pieces) < UNEVEN


@given(
    st.lists(
        st.sampled_from(
            [
                *READ,
                *CHANGE,
                *DESTROY,
                "$(",
                ")",
                "'",
                '"',
                "`",
                "<<E\n",
                "E\n",
                "| ",
                ";",
            ]
        ),
        max_size=6,
    )
)
def test_nothing_makes_it_fail(parts: list[str]) -> None:
    script = " ".join(parts)
    for deed in judge_script(script).effects:
        assert 0 <= deed.offset <= len(script)


@given(st.sampled_from(DESTROY), st.sampled_from(READ))
def test_what_destroys_is_seen_beside_anything(destroys: str, reads: str) -> None:
    assert judge_script(f"{reads}\n{destroys}").effect == "destroy"
    assert judge_script(f"if true; then\n{destroys}\nfi\n").effect == "destroy"
    assert judge_script(f"f() {{\n{destroys}\n}}\nf").effect == "destroy"
