"""Pages as people write them, made by chance: the same for the same seed.

`python -m tests.acceptance.made_pages DIR --count 1000` writes so many; `--each` writes
a page for each way of writing alone, which is the smallest that shows what it does.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

from tests.paths import DATA

_FILE = DATA / "page_constructs.txt"
MOST = 12
"""Ways of writing on a page."""
_NOUNS = """
replica leader snapshot member bucket ledger queue shard node volume lease proxy gateway
quorum tenant cache index backlog router monitor keyring broker cursor segment registry
pool worker standby archive journal partition listener operator endpoint certificate
scheduler controller mirror collector
"""
_VERBS = """
drain promote restart watch compare resume fence rotate unseal rebuild verify detach
silence page confirm throttle reroute evict resync inspect
"""
_WHEN = """\
before anything else
after five minutes
while traffic is low
unless it is paused
in the second region
until the alert clears
on every host
as soon as it answers"""
_READS = """\
kubectl get pods -n {a}
kubectl describe node {a}-{n}
systemctl status {a}
journalctl -u {a} --since today
df -h /var/lib/{a}
curl -s http://127.0.0.1:{n}/{a}/health
ps aux
grep -c {b} /var/log/{a}.log
dig @127.0.0.1 -p {n} {a}.example.org
ls -l /srv/{a}
docker ps --filter name={a}"""
_CHANGES = """\
sudo systemctl restart {a}
kubectl -n {a} scale deploy/{b} --replicas={n}
kubectl cordon {a}-{n}
kubectl apply -f {a}.yaml
etcdctl defrag --endpoints {a}:{n}
sed -i s/{a}/{b}/ /etc/{a}.conf
ansible-playbook -i hosts {a}.yml --limit {b}
helm upgrade {a} ./{b}
mkdir -p /srv/{a}/{n}"""
_DESTROYS = """\
rm -rf /srv/{a}/{n}
kubectl delete pod {a}-{n}
kubectl drain {a}-{n} --ignore-daemonsets
kubectl scale deploy/{a} --replicas=0
etcdctl member remove {n}
terraform apply -auto-approve
mongorestore --drop --archive=/backup/{a}
psql -c 'DROP TABLE {a}'
curl -XDELETE localhost:{n}/{a}
redis-cli -h {a} SHUTDOWN NOSAVE
aws ec2 terminate-instances --instance-ids i-{n}
git push --force origin {a}
dropdb {a}
sudo systemctl stop {a}"""
_HOLE = re.compile("«([a-z]+)»")


def _constructs() -> dict[str, str]:
    """The ways of writing, each by its name, with its holes."""
    _, *parts = _FILE.read_text(encoding="utf-8").split("\n@@ ")
    named = (part.partition("\n") for part in parts)
    return {name: pattern.removesuffix("\n") for name, _, pattern in named}


CONSTRUCTS: Mapping[str, str] = _constructs()


class Pen:
    """What fills the holes of a pattern."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self._fills: Mapping[str, Callable[[], str]] = {
            "s": self._sentence,
            "w": lambda: f"{self._one(_VERBS)} {self._one(_NOUNS)} {self._number()}",
            "word": lambda: self._one(_NOUNS),
            "n": self._number,
            "host": lambda: f"{self._one(_NOUNS)}-{dice.randrange(1, 9)}.example.org",
            "path": lambda: f"/var/lib/{self._one(_NOUNS)}/{self._one(_NOUNS)}",
            "read": lambda: self._command(_READS),
            "change": lambda: self._command(_CHANGES),
            "destroy": lambda: self._command(_DESTROYS),
        }

    def filled(self, pattern: str) -> str:
        """A pattern without its holes."""
        return _HOLE.sub(lambda hole: self._fills[hole[1]](), pattern)

    def title(self) -> str:
        """What a page or a section may be called."""
        return f"{self._one(_VERBS).capitalize()} the {self._one(_NOUNS)}"

    def _one(self, words: str) -> str:
        """One of the words of a text; where it has lines, one of those."""
        return self.dice.choice(words.strip().split("\n" if words[0] != "\n" else None))

    def _number(self) -> str:
        return str(self.dice.randrange(10, 28))

    def _sentence(self) -> str:
        first, second = self._one(_VERBS).capitalize(), self._one(_NOUNS)
        dice = self.dice.randrange(1000)
        return f"{first} the {second} {dice} {self._one(_WHEN)}."

    def _command(self, patterns: str) -> str:
        a, b = self._one(_NOUNS), self._one(_NOUNS)
        return self._one(patterns).format(a=a, b=b, n=self.dice.randrange(2, 9999))


def page_of(names: list[str], dice: Random) -> str:
    """A page of these ways of writing, each under a heading unless it has its own."""
    pen = Pen(dice)
    parts = [f"# {pen.title()}"]
    for name in names:
        if not name.startswith("section:"):
            parts.append(f"## {pen.title()}")
        parts.append(pen.filled(CONSTRUCTS[name]))
    return "\n\n".join(parts) + "\n"


def made_page(dice: Random) -> str:
    """A page by chance."""
    pen = Pen(dice)
    parts: list[str] = []
    if dice.random() < 0.3:
        rows = [f"title: {pen.title()}", f"weight: {dice.randrange(99)}"]
        rows += [f"tags: [{pen.filled('«word», «word»')}]"] * (dice.random() < 0.5)
        parts.append("\n".join(["---", *rows, "---"]))
    if dice.random() < 0.9:
        parts.append(f"# {pen.title()}")
    names = dice.choices(list(CONSTRUCTS), k=dice.randrange(1, MOST + 1))
    for name in names:
        if not name.startswith("section:") and dice.random() < 0.5:
            parts.append(f"{'#' * dice.choice((2, 2, 3))} {pen.title()}")
        parts.append(pen.filled(CONSTRUCTS[name]))
    text = "\n\n".join(parts) + "\n"
    if dice.random() < 0.05:
        text = text.replace("\n", "\r\n")
    return f"\ufeff{text}" if dice.random() < 0.03 else text


def pages(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """So many pages, each with the name of its file."""
    for number in range(count):
        yield f"{number:04}.md", made_page(Random(f"{seed}-{number}"))


def each_alone(seed: int) -> Iterator[tuple[str, str]]:
    """A page for each way of writing, with the name of its file."""
    for name in CONSTRUCTS:
        file = re.sub("[^a-z]+", "-", name)
        yield f"{file}.md", page_of([name], Random(f"{seed}-{name}"))


def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    made = each_alone(options.seed) if options.each else None
    for name, text in made or pages(options.count, options.seed):
        (options.folder / name).write_bytes(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
