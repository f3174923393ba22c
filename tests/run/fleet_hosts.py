"""Hosts that are folders of this machine, asked by `claim.sh` through a local shell."""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from pathlib import Path
from typing import Any, NamedTuple

from mobius_tui.run.fleet.claim_request import ClaimRequest, ClaimVerb
from tests.waiting import PATIENCE, wait_for

NONCE = "c0ffee"


class Heard(NamedTuple):
    """What a host said."""

    output: bytes
    """What came behind the nonce."""
    words: list[str]


class Asked:
    """A conversation with a host that was asked, as a controller has it."""

    def __init__(self, argv: list[str], request: bytes, *, lets_begin: bool) -> None:
        """Ask.

        Args:
            argv: what runs the shell.
            request: all that is sent to it.
            lets_begin: whether it hears `go` once it has claimed.
        """
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.output, self.said = b"", b""
        assert self.process.stdin is not None
        self._stdin, self._lets_begin = self.process.stdin, lets_begin
        self._threads = [
            threading.Thread(target=self._talk, args=(request,)),
            threading.Thread(target=self._read_output),
        ]
        for each in self._threads:
            each.start()

    def has_said(self, word: str) -> bool:
        """Whether the host said a word by now."""
        return f"{NONCE} {word}".encode() in self.said

    def wait(self) -> None:
        """Wait for its end."""
        self.process.wait(PATIENCE)
        for each in self._threads:
            each.join(PATIENCE)
        self.break_off()

    def break_off(self) -> None:
        """Say no more to it."""
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()

    def _talk(self, request: bytes) -> None:
        assert self.process.stderr is not None
        self._say(request)
        with self.process.stderr as stderr:
            for line in stderr:
                self.said += line
                if self._lets_begin and line.startswith(f"{NONCE} claimed".encode()):
                    self._say(f"go {NONCE}\n".encode())

    def _say(self, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(data)
            self._stdin.flush()

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stdout:
            self.output = stdout.read()


class LocalHost:
    """A host whose home is a folder."""

    def __init__(
        self,
        home: Path,
        shell: tuple[str, ...] = ("sh", "-s"),
        proc: bytes = b"/proc/",
    ) -> None:
        self.home, self.shell, self.proc = home, shell, proc
        home.mkdir(exist_ok=True)

    def request(self, verb: ClaimVerb, **more: Any) -> ClaimRequest:
        """What is asked; for tests that send it themselves."""
        return ClaimRequest(verb=verb, run="r", step="s", host="h", **more)

    def begin(self, verb: ClaimVerb, *, lets_begin: bool = True, **more: Any) -> Asked:
        """Ask, and leave the conversation open."""
        return self.send(self.request(verb, **more), lets_begin=lets_begin)

    def send(self, request: ClaimRequest, *, lets_begin: bool = True) -> Asked:
        """Send a request, and leave the conversation open."""
        text = request.shell_input(NONCE).replace(b"/proc/", self.proc)
        argv = ["env", f"HOME={self.home}", *self.shell]
        return Asked(argv, text, lets_begin=lets_begin)

    def hear(self, asked: Asked) -> Heard:
        """All of a conversation, to its end."""
        asked.wait()
        before, nonce, output = asked.output.partition(f"\n{NONCE}\n".encode())
        assert nonce, (before, asked.said)
        words = re.findall(rf"^{NONCE} (.*)$", asked.said.decode(), re.MULTILINE)
        words = [re.sub("^claimed .+", "claimed", each) for each in words]
        left_out = ("running", "place 1")
        words = [re.sub("^unknown runs .+", "unknown runs", each) for each in words]
        return Heard(output, [each for each in words if each not in left_out])

    def ask(self, verb: ClaimVerb, **more: Any) -> Heard:
        """Ask, and wait for the answer."""
        return self.hear(self.begin(verb, **more))

    def start(self, script: str, **more: Any) -> Heard:
        """Run a script to its end."""
        return self.ask(ClaimVerb.START, script=script, **more)

    def claim(self, attempt: int = 1) -> Path:
        """The folder of a claim."""
        return self.home / f".mobius-tui/claims/r/h/s/{attempt}"

    def process(self, name: str, attempt: int = 1) -> int:
        """The number of a claim's `keeper` or `child`, once it is there."""
        file = self.claim(attempt) / name
        wait_for(lambda: file.exists() and len(file.read_text().split()) >= 2)
        return int(file.read_text().split()[0])
