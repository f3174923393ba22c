"""Prompts of every kind: what stands behind one is typed, and is run without it."""

from __future__ import annotations

import pytest

from tests.runbook.page.imported import imported, lost, scripts


def page_of(block: str, language: str) -> str:
    return f"# T\n\n## Look at it\n\n```{language}\n{block}\n```\n"


@pytest.mark.parametrize(
    ("language", "block", "script"),
    [
        ("bash", "> linkerd viz stat -n shop svc\n> kubectl get pods",
         "linkerd viz stat -n shop svc\nkubectl get pods\n"),
        ("console", "> ls -l \\\n>   /srv\ntotal 3\n> uptime",
         "ls -l \\\n  /srv\nuptime\n"),
        ("console", "[c-1]$ kubectl get pvc", "# on c-1\nkubectl get pvc\n"),
        ("bash", "[root@db ~]# ls", "# on root@db\nls\n"),
        ("bash", "sh-5.1# rados df\nPOOL_NAME USED", "rados df\n"),
        ("", "sh-5.1$ chroot /host\n", "chroot /host\n"),
        ("bash", "# sudo ls /srv\ntotal 3\n# uptime", "sudo ls /srv\nuptime\n"),
        ("bash", "  $ cd ~/CA/\n# member1\n$ etcd --name member1",
         "cd ~/CA/\n# member1\netcd --name member1\n"),
        ("bash", "  $ cd ~/CA/", "cd ~/CA/\n"),
        ("bash", "cd ~/CA\n$ etcd --name a", "cd ~/CA\netcd --name a\n"),
        ("bash", "me@pc:~/git/x$pwd\n/home/me/git/x", "# on me@pc, in ~/git/x\npwd\n"),
        ("bash", "~ $ curl -v x\n> GET /", "curl -v x\n"),
        ("bash", "db:~# ./check\nall is well", "# on db\n./check\n"),
        ("", "/ # ls /srv\na  b  c", "ls /srv\n"),
        ("sh", "it/deploy$ ./down.sh\nall is gone", "# in it/deploy\n./down.sh\n"),
        ("bash", "vitess$ make build\nvitess$ make test", "make build\nmake test\n"),
        ("shell", "$mac docker ps\nNAME  IMAGE", "docker ps\n"),
        ("sh", "$./down.sh\nadd zone1 CellInfo", "./down.sh\n"),
        ("shell", "$ $ kubectl get pods\n{\n}", "kubectl get pods\n"),
        ("console", "postgres=# select 1;\n 1",
         "psql -X -v ON_ERROR_STOP=1 -d postgres <<'EOF'\nselect 1;\nEOF\n"),
    ],
)  # fmt: skip
def test_a_prompt_is_no_part_of_the_command(
    language: str, block: str, script: str
) -> None:
    page = page_of(block, language)
    assert scripts(imported(page)[1]) == [script]
    of_prompt = {"sh", "5", "1", "vitess", "mac"}
    assert {*lost(page)} <= of_prompt, "the shell's or the machine's own name"


@pytest.mark.parametrize(
    ("language", "block"),
    [
        ("bash", "# test connectivity\nmytool ping"),
        ("bash", "# sudo rm -rf /srv\nmytool start"),
        ("bash", "mytool start > x\ncat <<EOF\n$ ls\nEOF"),
        ("bash", "/usr/bin/mytool # ls of it"),
        ("bash", "mytool 'a\n$ ls\n'"),
        ("bash", "$sudo systemctl stop web"),
        ("bash", "$kubectl get pods"),
    ],
)
def test_what_only_looks_like_a_prompt_stays(language: str, block: str) -> None:
    assert scripts(imported(page_of(block, language))[1]) == [f"{block}\n"]


@pytest.mark.parametrize(
    ("block", "run", "typed"),
    [
        ("oc rsh -n etcd etcd-0\netcdctl endpoint health", "oc rsh -n etcd etcd-0",
         "etcdctl endpoint health"),
        ("kubectl exec -it web -- bash\nls", "kubectl exec -it web -- bash", "ls"),
        ("ssh db-1\nrm -rf /srv/old", "ssh db-1", "rm -rf /srv/old"),
        ("sudo -i\nrm x", "sudo -i", "rm x"),
        ("$ ssh a\n[me@a ~]$ ls", "ssh a", "# on me@a\nls"),
        ("oc debug node/a\n# chroot /host\n# systemctl restart rpm-ostreed",
         "oc debug node/a", "chroot /host\nsystemctl restart rpm-ostreed"),
    ],
)  # fmt: skip
def test_what_is_typed_in_another_shell_is_not_run_here(
    block: str, run: str, typed: str
) -> None:
    made, book = imported(page_of(block, "bash"))
    assert scripts(book) == [f"{run}\n"]
    assert "tty = true" in made
    assert f"To be typed there:\n\n```\n{typed}\n```" in book.steps()[0].why


@pytest.mark.parametrize(
    "block",
    [
        "ssh db-1 uptime\nls",
        "kubectl exec web -- ls\nls",
        "bash x.sh\nls",
        "psql -c 'select 1'\nls",
        "redis-cli ping\nls",
        "mysql < x.sql\nls",
    ],
)
def test_what_ends_by_itself_opens_no_shell(block: str) -> None:
    assert scripts(imported(page_of(block, "bash"))[1]) == [f"{block}\n"]
