"""What is sent to a host's `sh -s`: the request as shell variables, then `claim.sh`."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import cache
from pathlib import Path

from mobius_tui.dataclass import dataclass
from mobius_tui.errors import RunError
from mobius_tui.run.fleet.transport import name_as_path_part
from mobius_tui.run.storage.redaction import holds_secret
from mobius_tui.runbook.model.targets import HOME_ONLY

FILE_SIZE_BLOCK_BYTES = 512
"""Bytes of a block: the unit in which `ulimit -f` limits the size of a file."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_READ_ONLY_SHELL_VARIABLES = {
    "BASHOPTS",
    "BASH_VERSINFO",
    "EUID",
    "PPID",
    "SHELLOPTS",
    "UID",
}
"""Variables that a shell refuses to set; it exits at the attempt."""


class ClaimVerb(StrEnum):
    """What is asked of a host."""

    START = "start"
    """Claim the attempt and run it, unless it is claimed; then as `attach`."""
    ATTACH = "attach"
    """Report the attempt's end or state; one that has not begun is given up."""
    STOP = "stop"
    """Stop the attempt; one that has not begun is given up."""
    CLEAN = "clean"
    """Remove this host's claims of the run."""
    PROBE = "probe"
    """Make all that `start` would need, remove it, and say whether a run could be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimRequest:
    """One thing that is asked of one host."""

    verb: ClaimVerb
    run: str
    step: str
    host: str
    attempt: int = 1
    """The number of the claim, as `OrderedHost.attempt`."""
    earlier: tuple[int, ...] = ()
    """Numbers of earlier claims whose end is not known: they are given up on the host
    first, and if one had begun, its end is the answer and nothing more is run."""
    boot: str = ""
    """The host's boot id when it claimed the attempt; empty if it did not report one.
    A claim that was heard and is not there any more may have begun."""
    digest: str = ""
    """Of script and values, as `claim_digest` makes it: a claim with another one is of
    somebody else. Empty where it is not known."""
    claims_in: tuple[str, ...] = HOME_ONLY
    """Folders on the host where claims may be, in the order in which they are tried;
    as `Target.claims_in` has them."""
    offset: int = 0
    """Bytes of the output that are here already."""
    script: str = ""
    """Lies on the host's disk while the run goes on, so it holds no secret."""
    shell: tuple[str, ...] = ("sh",)
    """What runs the script, whose path is its last argument."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The script's environment, with secrets."""
    timeout: float | None = None
    """Seconds; `None` for no limit."""
    grace: float = 5.0
    """Seconds between SIGTERM and SIGKILL."""
    max_output: int = 1 << 20
    """Bytes; rounded down to whole blocks of 512, but to one at least."""

    @classmethod
    def probe(cls, host: str, claims_in: tuple[str, ...] = HOME_ONLY) -> ClaimRequest:
        """What asks a host whether a run would be possible, by a claim of its own."""
        return cls(
            verb=ClaimVerb.PROBE,
            run=f"probe-{secrets.token_hex(8)}",
            step="probe",
            host=host,
            claims_in=claims_in,
        )

    @property
    def output_limit(self) -> int:
        """Bytes of output that the host keeps."""
        return self._blocks * FILE_SIZE_BLOCK_BYTES

    @property
    def _blocks(self) -> int:
        return max(1, self.max_output // FILE_SIZE_BLOCK_BYTES)

    def shell_input(self, nonce: str) -> bytes:
        """All that is written to the standard input of `sh -s` there.

        Cut off anywhere, it does nothing: its last line alone begins anything.

        Args:
            nonce: begins each protocol line of the host's; hexadecimal, new each time.

        Raises:
            RunError: a value has a NUL byte, or a name that no shell can set.
        """
        timeout = "" if self.timeout is None else str(max(1, round(self.timeout * 100)))
        head = {
            "NONCE": nonce,
            "VERB": self.verb,
            "RUN": name_as_path_part(self.run),
            "HOST": name_as_path_part(self.host),
            "STEP": name_as_path_part(self.step),
            "ATTEMPT": str(self.attempt),
            "EARLIER": " ".join(map(str, self.earlier)),
            "BOOT": self.boot,
            "DIGEST": self.digest,
            "PLACES": " ".join(self.claims_in),
            "OFFSET": str(self.offset),
            "SCRIPT": self.script,
            "TIMEOUT": timeout,
            "GRACE": str(round(self.grace * 100)),
            "BLOCKS": str(self._blocks),
        }
        lines = [f"{name}={_quote(value, name)}" for name, value in head.items()]
        lines += ["give_values() {", ":", *map(export_line, self.values.items()), "}"]
        words = " ".join(_quote(word, "the shell") for word in self.shell)
        words = f'set -- "$@" {words} "$claim/script"'
        lines.append(f'runner() {{ {words}; give_values; exec "$@"; }}')
        text = "\n".join(lines) + "\n" + _claim_text()
        return text.encode("utf-8", "surrogateescape")


def claim_digest(
    script: str,
    shell: Sequence[str],
    values: Mapping[str, str],
    secret_values: Collection[str],
) -> str:
    """The digest of what a claim runs; it lies on the host, with the claim.

    A short secret could be guessed from a digest: of a value that holds one the name
    alone counts.

    Args:
        script: what is run.
        shell: what runs it.
        values: its environment, with secrets.
        secret_values: the secrets.
    """
    shown = {
        name: None if holds_secret(value, secret_values) else value
        for name, value in values.items()
    }
    data = json.dumps([script, list(shell), shown], sort_keys=True)
    return hashlib.sha256(data.encode("ascii")).hexdigest()


@cache
def _claim_text() -> str:
    return Path(__file__).with_name("claim.sh").read_text("utf-8")


def export_line(item: tuple[str, str]) -> str:
    """The line that sets a variable in the environment of what a shell starts.

    Args:
        item: the variable's name, and its value.

    Raises:
        RunError: it cannot be set.
    """
    name, value = item
    if not _VARIABLE.fullmatch(name) or name in _READ_ONLY_SHELL_VARIABLES:
        raise RunError(f"{name!r} cannot be set in the environment of a host's script")
    return f"export {name}={_quote(value, name)}"


def _quote(value: str, name: str) -> str:
    if "\0" in value:
        raise RunError(f"{name} holds a NUL character, which no shell can be given")
    return shlex.quote(value)
