"""What is written of a page: no more than format 2 wants, guessed to the safe side."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mobius_tui.runbook.decode.assemble import MAX_JUDGED_CHARACTERS
from mobius_tui.runbook.library.check_report import check_files
from mobius_tui.runbook.page.write_toml import effect_from_script
from tests.runbook.page.imported import imported


@pytest.mark.parametrize(
    "script",
    [
        "ls -la\n",
        "ps aux | grep -c 'rm -rf'\n",
        'echo "a rollback ($(date)) may fail; rm" 2>/dev/null\n',
        "curl -fsS http://x/health >/dev/null 2>&1 && echo ok\n",
        "curl -s -o /dev/null -w '%{http_code}' http://x\n",
        "for i in 1 2; do curl -f x; sleep 1; done\n",
        "if test -f x; then cat x; else echo no; fi\n",
        "NEW=$(ls -1t | head -n1)\nexport A=1\n",
        "git -C /srv log && kubectl --context=a get pods\n",
        "sudo journalctl -u api -f\n",
        "cat <<EOF\nx\nEOF\n",
        "'ls'\n",
    ],
)
def test_plainly_reads(script: str) -> None:
    assert effect_from_script(script) == "read"


@pytest.mark.parametrize(
    "script",
    [
        "./check.sh\n",
        "echo x > /etc/motd\n",
        "echo x | bash\n",
        "curl -X POST http://x\n",
        "curl -d a=b http://x\n",
        "date -s 12:00\n",
        "find . -exec chmod 600 {} +\n",
        'echo "$(systemctl stop api)"\n',
        "ls `touch x`\n",
        "systemctl stop api\n",
        "git push\n",
        "sort -o x x\n",
    ],
)
def test_changes(script: str) -> None:
    assert effect_from_script(script) == "change"


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("rm -rf x\n", ""),
        ("ls && rm x\n", ""),
        ("./rollback_dhash.sh\n", ""),
        ("npm run migrate:rollback\n", ""),
        ("psql -c 'DROP TABLE x'\n", ""),
        ("git reset --hard HEAD~1\n", ""),
        ("kubectl delete pod x\n", ""),
        ("cp backup/* config/\n", "Restore configuration"),
        ("echo " + "x" * 70_000 + "\n", ""),
    ],
)
def test_destroys(script: str, title: str) -> None:
    assert effect_from_script(script, title) == "destroy"


def parts_of(page: str) -> list[dict[str, Any]]:
    """The tables of the phases and of the steps of what is written, in their order."""
    tree = tomllib.loads(imported(page)[0])
    assert tree["format"] == 2
    return [part for phase in tree["phase"] for part in (phase, *phase["step"])]


def test_an_id_is_written_where_the_title_makes_another_or_something_names_it() -> None:
    block = "\n\n   ```sh\n   {}\n   ```\n"
    page = "# T\n\n## Undo\n\n- Restart\n- 名前\n- Set ${HOME}\n\n## Again\n\n"
    page += "- Restart\n- Restart 2\n\n## Test\n\n1. Test it:" + block.format(
        "nginx -t"
    )
    page += "2. If that fails, restore it:" + block.format("cp a b")
    ids = [(part.get("id", ""), part["title"]) for part in parts_of(page)]
    assert ids == [
        *(("undo-2", "Undo"), ("", "Restart"), ("step", "名前"), ("", "Set $${HOME}")),
        *(("", "Again"), ("restart-2", "Restart"), ("restart-2-2", "Restart 2")),
        *(("", "Test"), ("", "Test")),
        *(
            ("if-that-fails-restore-it", "If that fails, restore it"),
            ("", "Restore it"),
        ),
    ]
    _, book = imported(page)
    assert [step.id for step in book.steps()] == [
        *("restart", "step", "set-home", "restart-2", "restart-2-2"),
        *("test", "restore-it"),
    ]


def test_an_effect_is_left_out_where_all_judge_it_to_read(tmp_path: Path) -> None:
    config = tmp_path / "config" / "mobius-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[commands]\n"./status.sh" = "read"\n')
    scripts = ("uptime", "./status.sh", "systemctl stop api", "rm -rf /srv/x")
    page = "# T\n" + "".join(f"\n## {n}\n\n```sh\n{n}\n```\n" for n in scripts)
    page += "\n## P\n\n```python\nprint(1)\n```\n"
    effects = [part.get("effect", "") for part in parts_of(page) if "run" in part]
    assert effects[:4] == ["", "read", "change", "destroy"]
    assert "read" not in effects[4:]


def test_of_more_than_is_judged_every_effect_is_written() -> None:
    line = f"ls {'x' * 8000}\n"
    blocks = MAX_JUDGED_CHARACTERS // len(line) + 1
    page = "# T\n" + f"\n## S\n\n```sh\n{line}```\n" * blocks
    runs = [part for part in parts_of(page) if "run" in part]
    assert {part.get("effect") for part in runs} == {"read"}
    assert "effect" not in parts_of(f"# T\n\n```sh\n{line}```\n")[1]


def test_check_says_once_what_no_page_says(tmp_path: Path) -> None:
    page = "# T\n" + "\n## S\n\n```sh\nsystemctl stop api\n```\n" * 40
    path = tmp_path / "x.toml"
    path.write_text(imported(page)[0])
    text, code = check_files([path])
    assert code == 0
    for rule in ("no-undo", "no-timeout"):
        said = [line for line in text.split("\n") if f"[{rule}]" in line]
        assert len(said) == 2
        assert f": and 39 more [{rule}]: line " in said[1]
