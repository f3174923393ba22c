"""What a page leaves to be filled in is asked for, and safe in every script."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.runbook.page.imported import imported, scripts

NASTY = """a 'b' "c" `d` $HOME $(touch x); * \\ | & # <e>"""


def of(script: str, words: str = "") -> tuple[str, dict[str, str]]:
    """The script of a page with one block, and what is asked, by name."""
    text, book = imported(f"# T\n\n{words}\n\n## S\n\n```bash\n{script}\n```\n")
    assert text.count("ask = true") == len(book.variables)
    asked = {name: each.title for name, each in book.variables.items()}
    return scripts(book)[0], asked


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("echo <the-pod>", "%s"),
        ("echo pod/<pod>-0", "pod/%s-0"),
        ('echo "in <pod> here"', "in %s here"),
        ('echo "<pod>s"', "%ss"),
        ("echo '<pod>'", "%s"),
        ("""echo '{"a":"<pod>"}'""", '{"a":"%s"}'),
        ("cat <<EOF\na: <pod>s\nEOF", "a: %ss"),
        ("cat <<'EOF'\na: <pod>\nEOF", "a: %s"),
        ('cat <<"E"; echo <pod>\n<pod>\nE', "%s\n%s"),
        ('echo "$(echo "<pod>")"', "%s"),
        ('x=`echo YOUR_POD` && echo "$x"', "%s"),
        ('x={{ pod }}; echo "$x" # don\'t', "%s"),
        ("echo a \\\n  [your pod]", "a %s"),
        ("echo x | awk '{print $1}' | cat - <(echo '<pod>')", "x\n%s"),
        ('ssh() { echo "$1"; }; ssh <pod>', "%s"),
        (': "${pod:?the pod}"; echo "$pod"', "%s"),
        (r"printf $'x\\'; echo <pod>", "x\\%s"),
        (r"printf $'it\'s '; echo <pod>", "it's %s"),
        ("n=$((1 << 8))\necho $n <pod>", "256 %s"),
        ('echo "$(((1 << 8) + 1))"\necho <pod>', "257\n%s"),
        ("((n = 1 << 8))\necho <pod>", "%s"),
        ("((n = (1 << 8))); cat <<EOF\n<pod>\nEOF", "%s"),
        ('echo "$((cat <<EOF\n<pod>\nEOF\n) | cat)"', "%s"),
    ],
)
def test_a_value_stays_one_word_whatever_it_is(script: str, printed: str) -> None:
    found, asked = of(script)
    assert list(asked) == ["pod"]
    env = {"PATH": os.environ["PATH"], "pod": NASTY}
    ran = subprocess.run(
        ["bash", "-euc", found], env=env, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == (printed.replace("%s", NASTY) + "\n", "")


@pytest.mark.parametrize(
    "script",
    [
        "cat <<EOF > x\nhello\nEOF",
        "sort < in > out",
        "cat <in >out",
        "grep '<title>' page.html; echo '<name>x</name>'",
        "kubectl get svc | grep '<none>'",
        "docker ps --format '{{.Names}} {{json .Mounts}}'",
        'git log --format="%an <%ae>"',
        "[ -f x ] && [[ $a <b ]]",
        "diff <(ls a) <(ls b)",
        'X=1; echo "${X:?}" "${HOME:?}" "$YOUR_X" "${YOUR_X}"',
        "printf '#include <stdio.h>\\n#include <a/b.h>' | cc -",
        "# set <pod> first\nls",
    ],
)
def test_what_is_no_placeholder_stays(script: str) -> None:
    assert of(script) == (f"{script}\n", {})


@pytest.mark.parametrize(
    "script",
    [
        'ssh db1 "rm -rf <dir>"',
        "ssh -p 22 db1 ls <dir>",
        "sudo ssh -q db1 \\\n  'cd /x; ls <dir>'",
        """awk '$1 == "x" || /<dir>/' f""",
        'bash -c "ls <dir>"',
        "kubectl exec web -- sh -c 'ls <dir>'",
        "awk '/<dir>/' x",
        "sed -i 's/a/<dir>/' x",
        "echo $'<dir>'",
        "cat <<'EOF'\n$HOME <dir>\nEOF",
        "ssh db1 bash <<EOF\nls <dir>\nEOF",
    ],
)
def test_what_another_program_would_read_as_its_code_stays(script: str) -> None:
    text, book = imported(f"# T\n\n## S\n\n```bash\n{script}\n```\n")
    assert scripts(book) == [f"{script}\n"]
    assert not book.variables
    said = "Left in the commands, to be filled in before they run: <dir>"
    assert said in book.steps()[0].why
    assert "ask = true" not in text


def test_the_page_says_what_is_meant() -> None:
    words = """Replace `<pod>` with the name of the pod. `<ns>` is its namespace.

- `<size>`: how large it is, such as 10Gi
"""
    script = "x <pod> <ns> <size> <pod> YOUR_ZONE <password> ${DB:?which database}"
    found, asked = of(script, words)
    assert asked == {
        "pod": "The name of the pod",
        "ns": "Its namespace",
        "size": "How large it is, such as 10Gi",
        "zone": "Zone",
        "password": "Password",
        "DB": "Which database",
    }
    assert found.startswith('x "$pod" "$ns" "$size" "$pod" "$zone" "$password"')


def test_a_password_is_a_secret_and_names_of_the_script_are_left_alone() -> None:
    page = "## S\n\n```sh\npod=<pod> token=<api-token>\necho $pod\n```\n"
    page += '```sh\n: "${DB_PASSWORD:?}"\n```\n\n```sh\necho "$DB_PASSWORD"\n```\n'
    _, book = imported(page)
    step = book.steps()[0]
    assert scripts(book)[0] == 'pod="$pod_value" token="$api_token"\necho $pod\n'
    assert book.variables["api_token"].secret
    assert not book.variables["pod_value"].secret
    assert step.secrets == {"api_token": "api_token"}
    assert all("DB_PASSWORD" in step.secrets for step in book.steps()[1:])


@pytest.mark.parametrize(
    "script",
    [
        "curl https://fsn1.your-objectstorage.com",
        "curl https://your-co.grafana.net/api/health",
        "ping your-host.example.internal",
        "cat a | grep '<snip>'",
        "echo '<truncated>'",
    ],
)
def test_the_name_of_a_host_and_a_mark_of_what_is_cut_are_not_asked(
    script: str,
) -> None:
    assert of(script) == (f"{script}\n", {})


@pytest.mark.parametrize(
    ("script", "filled", "asked"),
    [
        (
            "curl --cacert /path/to/ca.crt x",
            'curl --cacert "$ca_crt" x',
            {"ca_crt": "The path of ca.crt"},
        ),
        (
            "a -f /path/to/your/b/values.yaml",
            'a -f "$values_yaml"',
            {"values_yaml": "The path of b/values.yaml"},
        ),
        ("ls path/to/x", 'ls "$x"', {"x": "The path of x"}),
        ("mytool your-values.yaml", 'mytool "$values".yaml', {"values": "Values"}),
        (
            "a --from-file=bsl=</path/to/credentials>",
            'a --from-file=bsl="$path_to_credentials"',
            {"path_to_credentials": "Path to credentials"},
        ),
        (
            "V=<version of what you're targeting, for example v1.4.0>",
            'V="$version_of_what_youre_targeting"',
            {
                "version_of_what_youre_targeting": "Version of what you're targeting, "
                "for example v1.4.0",
            },
        ),
        (
            "mytool --user=<name@example.com>",
            'mytool --user="$name_example_com"',
            {"name_example_com": "Name example com"},
        ),
        ("ls /srv/path/to/x", "ls /srv/path/to/x", {}),
    ],
)
def test_a_path_to_somewhere_is_asked(
    script: str, filled: str, asked: dict[str, str]
) -> None:
    assert of(script) == (f"{filled}\n", asked)
