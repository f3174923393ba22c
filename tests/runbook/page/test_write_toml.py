"""What a script does is guessed to the safe side."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.page.write_toml import effect_of


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
    assert effect_of(script) == "read"


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
    assert effect_of(script) == "change"


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
    assert effect_of(script, title) == "destroy"
