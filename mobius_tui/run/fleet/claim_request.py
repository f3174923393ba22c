"""What is sent to a host's `sh -s`: the request as shell variables, then `claim.sh`."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from msgspec import Struct, field

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.transport import name_as_path_part
from mobius_tui.run.storage.kept_files import FILES_VARIABLE
from mobius_tui.run.storage.redaction import holds_secret
from mobius_tui.runbook.model.files_in_scripts import files_in_script
from mobius_tui.runbook.model.runbook import SourceFile
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


class ClaimRequest(Struct, frozen=True, kw_only=True):
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
    files: Mapping[str, str] = field(default_factory=dict)
    """By name, what lies beside the script in `files`, first on its PATH: texts, in
    which a byte that is no UTF-8 is escaped as by `surrogateescape`."""
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
        lines += ["give_values() {", ":", *files_on_path(self.files, "$claim/files")]
        lines += [*map(export_line, self.values.items()), "}"]
        lines += writing_of_files(self.files)
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
    files: Mapping[str, str] = {},
) -> str:
    """The digest of what a claim runs; it lies on the host, with the claim.

    A short secret could be guessed from a digest: of a value that holds one the name
    alone counts.

    Args:
        script: what is run.
        shell: what runs it.
        values: its environment, with secrets.
        secret_values: the secrets.
        files: what lies beside the script, by name.
    """
    shown = {
        name: None if holds_secret(value, secret_values) else value
        for name, value in values.items()
    }
    parts = [script, list(shell), shown, *([dict(files)] if files else [])]
    data = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(data.encode("ascii")).hexdigest()


def files_to_send(script: str, files: Sequence[SourceFile]) -> Mapping[str, str]:
    """Those of a runbook's `files` that a script calls, as `ClaimRequest.files`.

    Args:
        script: what is sent with them.
        files: the runbook's.
    """
    return {
        each.base_name: each.data.decode("utf-8", "surrogateescape")
        for each in files_in_script(script, files)
    }


def files_on_path(files: Mapping[str, str], folder: str) -> Iterator[str]:
    """The lines that give files to what a shell starts.

    Args:
        files: their texts by name.
        folder: where they are, as a word of the shell without quotes.
    """
    if files:
        yield f'export {FILES_VARIABLE}="{folder}"'
        yield f'export PATH="{folder}:$PATH"'


_IS_WHOLE = """\
is_whole() { # whether file $1 has the SHA-256 $2, as far as this host can tell
  if command -v sha256sum >/dev/null 2>&1; then set -- "$2" "$(sha256sum <"$1")"
  elif command -v shasum >/dev/null 2>&1; then set -- "$2" "$(shasum -a 256 <"$1")"
  else return 0; fi
  [ "$1" = "${2%% *}" ]
}"""


def writing_of_files(files: Mapping[str, str]) -> Iterator[str]:
    """The lines of the function `write_files`: false where one is not whole there.

    It makes folder `$1`, and has no variables of its own.

    Args:
        files: their texts by name; without any, it makes nothing.
    """
    if not files:
        yield "write_files() { :; }"
        return
    yield _IS_WHOLE
    yield 'write_files() {\nmkdir "$1" || return'
    for name, text in files.items():
        path = f'"$1"/{name}'
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        yield f"{{ {_printing(text)}; }} >{path} || return"
        yield f"is_whole {path} {digest} || return"
        yield f"chmod 700 {path} || return"
    yield "}"


def _printing(text: str) -> str:
    """The command that prints a text: no word of a shell can hold a NUL."""
    if "\0" not in text:
        return f"printf %s {shlex.quote(text)}"
    escaped = text.replace("\\", r"\\").replace("%", "%%").replace("\0", r"\000")
    return f"printf -- {shlex.quote(escaped)}"


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
