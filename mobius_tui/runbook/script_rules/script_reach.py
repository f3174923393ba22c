"""What a script names beyond the folder that it runs in. Pure.

It errs on the safe side: what cannot be read is named as such. It is read, not run: a
program that a script calls may reach what the script does not name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from msgspec import Struct, field

from mobius_tui.runbook.effects.command_effects import bundled_commands
from mobius_tui.runbook.effects.effect_judge import judge_script
from mobius_tui.runbook.effects.invocation import temporary_file_names
from mobius_tui.runbook.model.actions import SHELLS, is_shell
from mobius_tui.runbook.model.runbook import SourceFile
from mobius_tui.runbook.script_rules.path_rules import known_prefixes
from mobius_tui.runbook.script_rules.script_context import (
    one_line_excerpt,
    with_known_values,
)
from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    CommandGroup,
    Script,
    SimpleCommand,
    Word,
)
from mobius_tui.runbook.shell.script_parser import parse_script
from mobius_tui.runbook.shell.script_walk import (
    Program,
    assignments,
    commands,
    own_words,
    visits,
)

OTHER_MACHINES = frozenset(
    (
        *("ssh", "scp", "sftp", "rsync", "mosh", "rclone", "ftp", "lftp", "telnet"),
        *("nc", "ncat", "netcat", "curl", "wget", "http", "https", "grpcurl"),
        *("docker", "docker-compose", "podman", "nerdctl", "buildah", "skopeo"),
        *("kubectl", "helm", "oc", "flux", "argocd", "istioctl", "kops", "eksctl"),
        *("terraform", "tofu", "terragrunt", "pulumi", "packer", "vault", "consul"),
        *("nomad", "ansible", "ansible-playbook", "ansible-pull", "salt", "knife"),
        *("aws", "gcloud", "gsutil", "bq", "az", "doctl", "hcloud", "linode-cli"),
        *("oci", "ibmcloud", "flyctl", "fly", "heroku", "vercel", "netlify"),
        *("psql", "pg_dump", "pg_dumpall", "pg_restore", "mysql", "mysqldump"),
        *("mariadb", "mongo", "mongosh", "redis-cli", "cqlsh", "influx", "etcdctl"),
        *("clickhouse-client", "rabbitmqctl", "gh", "glab", "git", "svn", "hg"),
        *("mail", "mailx", "sendmail", "dig", "nslookup", "host", "ping"),
    )
)
"""Programs that look or act elsewhere, even where they only read."""
_FILE_PROGRAMS = frozenset(
    (
        *("rm", "rmdir", "unlink", "cp", "mv", "ln", "mkdir", "touch", "chmod"),
        *("chown", "chgrp", "tee", "dd", "install", "tar", "zip", "unzip", "gzip"),
        *("gunzip", "bzip2", "xz", "zstd", "sed", "gsed", "awk", "gawk", "truncate"),
        *("split", "csplit", "patch", "sponge", "mktemp", "shred", "sort", "uniq"),
        *("find", "xargs", "sqlite3", "cd", "pushd", "source", ".", "trap", "flock"),
        *("logrotate",),
    )
)
"""Programs that act on the files that they are given, and so are judged by those."""
_QUIET = frozenset(("echo", "printf", "test", "[", "[[", "((", ":", "true", "which"))
"""Programs that print or compare their words."""
_PATTERN_FIRST = frozenset(
    ("awk", "gawk", "mawk", "sed", "gsed", "grep", "egrep", "fgrep", "rg", "jq", "tr")
)
"""Programs whose first operand is a pattern or code, and no file."""
SURROUNDING_NAMES = frozenset(("PATH", "HOME", "BASH_ENV", "LD_PRELOAD"))
"""Variables that decide which programs and which home a script has: one that sets them
has others."""
_SYSTEM_PROGRAM = re.compile(r"/(?:usr/(?:local/)?)?s?bin/[^/]+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"`;|&()<>]+", re.IGNORECASE)
_PATH = re.compile(r"(?:^|(?<=[\s=:,'\"({\[@<>|;&]))/[^\s'\"`;|&()<>,\]}]*")
_NO_FILE = re.compile(r"/dev/(?:null|zero|stdin|stdout|stderr|tty|u?random|fd/\d+)")
_OTHER_HOME = re.compile(r"(?:^|(?<=[\s=:]))~[A-Za-z_+-][^\s/]*")
_HOME = re.compile(r"(?:^|(?<=[\s=:]))~(?=/|$)")
_NETWORK_FILE = re.compile(r"/dev/(?:tcp|udp)/([^\s/]+)/([^\s/'\"]+)")
_MAX_PLACE, _MAX_COMMAND = 160, 60
"""Characters that are shown of a path or an address, and of a command."""
_DEPTH = 4
"""Levels of scripts within scripts that are read."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a script may name and still leave nothing."""

    folder: str
    """The absolute path of the folder that it runs in."""
    addresses: frozenset[str] = frozenset()
    """`host:port` of the services that belong to it."""
    programs: frozenset[str] = frozenset()
    """Names of programs that are played there by others of these names."""
    home_is_inside: bool = False
    """Whether HOME is in that folder."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Values of variables, by name, as far as they are known."""
    files: Sequence[SourceFile] = ()
    """What lies with the runbook, and is called by its bare name."""

    def has_path(self, path: str) -> bool:
        """Whether an absolute path, or one from the folder, stays in it."""
        whole = posixpath.normpath(posixpath.join(self.folder, path))
        return whole == self.folder or whole.startswith(f"{self.folder}/")


def text_reach(text: str, around: Surroundings) -> Iterator[str]:
    """What a text names beyond the surroundings: URLs, paths, homes.

    Args:
        text: with `EXPANSION_MARK` where something is not known.
        around: what is not beyond.
    """
    rest = text
    for match in _URL.finditer(text):
        rest = rest.replace(match[0], " ")
        if not _is_own_url(match[0], around):
            yield _shown(match[0])
    for match in _NETWORK_FILE.finditer(rest):
        if f"{match[1]}:{match[2]}" not in around.addresses:
            yield _shown(match[0])
    rest = _NETWORK_FILE.sub(" ", rest)
    for match in _PATH.finditer(rest):
        path = match[0].rstrip(".:")
        if not (_NO_FILE.fullmatch(path) or around.has_path(path)):
            yield _shown(path)
    for match in _OTHER_HOME.finditer(rest):
        yield _shown(match[0])
    if not around.home_is_inside and _HOME.search(rest):
        yield "~"
    for word in rest.split():
        ups = ".." in word.split("/") and not word.startswith("/")
        if ups and not around.has_path(word):
            yield _shown(word)


def address_reach(at: str, around: Surroundings) -> Iterator[str]:
    """`host:port` where that is not one of the surroundings' own."""
    if at not in around.addresses:
        yield _shown(at)


def _is_own_url(url: str, around: Surroundings) -> bool:
    try:
        place = urlsplit(url)
        if place.scheme == "file":
            return around.has_path(place.path)
        port = place.port or {"http": 80, "https": 443}.get(place.scheme)
    except ValueError:
        return False
    return f"{place.hostname}:{port}" in around.addresses


def _shown(text: str) -> str:
    return one_line_excerpt(text, _MAX_PLACE)


def script_reach(
    script: str, around: Surroundings, *, shell: Sequence[str] = ()
) -> tuple[str, ...]:
    """What a script names beyond its surroundings, each once, in its order.

    Args:
        script: its text.
        around: what is not beyond.
        shell: the program that runs it, and its arguments; empty for bash.
    """
    if not is_shell(shell):
        named = text_reach(" ".join((*shell[1:], script)), around)
        paths = (each for each in named if re.search(r"\w", each))
        return (f"code for {shell[0]}: cannot be read", *dict.fromkeys(paths))
    return tuple(dict.fromkeys(_ScriptReach(around).of(script, _DEPTH)))


class _ScriptReach:
    """Reads a script and the code that is nested in it."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._functions: set[str] = set()
        self._known: Mapping[str, str] = around.values
        self._own_files = _OWN_NAMES
        """Variables that name the script's own files, and folders of its own."""

    def of(self, script: str, depth: int) -> Iterator[str]:
        parsed = parse_script(script)
        self._functions |= _functions_of(parsed.body)
        self._known = known_prefixes(parsed.body, self._known)
        self._own_files = temporary_file_names(parsed.body, self._own_files)
        set_names = {each.name for each in assignments(parsed.body)}
        yield from (f"{name}, which it sets" for name in SURROUNDING_NAMES & set_names)
        for visit in visits(parsed.body):
            yield from self._command(visit.command, visit.program, depth)
        for command in commands(parsed.body):
            if not isinstance(command, SimpleCommand):
                for word in own_words(command):
                    yield from text_reach(self._text(word), self._around)
        if not parsed.complete or parsed.syntax_problem is not None:
            yield "a part that cannot be read"

    def _text(self, word: Word) -> str:
        return with_known_values(word, self._known)

    def _command(
        self, command: SimpleCommand, program: Program | None, depth: int
    ) -> Iterator[str]:
        for redirect in command.redirects:
            body = redirect.document.body if redirect.document is not None else None
            for word in (redirect.target, *((body,) if body is not None else ())):
                yield from self._path_word(word, is_path=body is None)
        for assignment in command.assignments:
            yield from text_reach(self._text(assignment.value), self._around)
        if program is None:
            return
        for word in program.words_before:
            yield from text_reach(self._text(word), self._around)
        name = self._text(program.word)
        if EXPANSION_MARK in name:
            yield f"`{_shown(program.word.source)}`: cannot be read"
            name = ""
        elif "/" in name and not _SYSTEM_PROGRAM.fullmatch(name):
            yield from text_reach(name, self._around)
        yield from self._call(name, program, command, depth)

    def _call(
        self, name: str, program: Program, command: SimpleCommand, depth: int
    ) -> Iterator[str]:
        """What a call of a program reaches, by its name and its arguments."""
        bare = name.rpartition("/")[2]
        if bare in _QUIET or bare in self._functions:
            return
        file = next((f for f in self._around.files if f.base_name == name), None)
        if file is not None and file.shell_script is not None and depth > 0:
            own = _ScriptReach(self._around).of(file.shell_script, depth - 1)
            yield from (f"{name}: {each}" for each in own)
            for word in program.arguments:
                yield from self._path_word(word, is_path=False)
            return
        source = " ".join(each.source for each in command.words)
        is_read = judge_script(source).effect == "read"
        yield from self._program(name, bare, source, is_read=is_read)
        operands = 0
        for word in () if bare == "eval" else program.arguments:
            is_option = word.text.startswith("-")
            operands += not is_option
            if bare in _PATTERN_FIRST and not is_option and operands == 1:
                continue
            yield from self._path_word(word, is_path=not is_read)
            inner = word.text.rpartition("/")[2]
            if inner in OTHER_MACHINES and bare not in OTHER_MACHINES:
                yield from self._program(word.text, inner, source, is_read=is_read)
        yield from self._nested(bare, program, depth)

    def _program(
        self, name: str, bare: str, source: str, *, is_read: bool
    ) -> Iterator[str]:
        """What a program reaches by itself."""
        is_played = bare in self._around.programs and "/" not in name
        if is_played or not bare or bare in SHELLS or bare in _FILE_PROGRAMS:
            return
        if bare in OTHER_MACHINES or ("/" in name and bare in self._around.programs):
            yield f"`{one_line_excerpt(source, _MAX_COMMAND)}`"
        elif not is_read and bare != "eval" and ("/" not in name or _is_system(name)):
            known = bundled_commands().find(bare) is not None
            yield f"`{one_line_excerpt(source, _MAX_COMMAND)}`" + (
                "" if known else ": not known what it does"
            )

    def _path_word(self, word: Word, *, is_path: bool) -> Iterator[str]:
        """What a word names; of one that may be a path, whether that can be read."""
        if self._is_own(word):
            return
        text = self._text(word)
        is_unknown = word.expansions and text.startswith((EXPANSION_MARK, _UNKNOWN))
        if is_path and (is_unknown or (word.expansions and text == "/")):
            yield f"`{_shown(word.source)}`: cannot be read"
            return
        yield from text_reach(text, self._around)

    def _is_own(self, word: Word) -> bool:
        """Whether a word begins with what the script is given, or makes, for itself."""
        first = next((each for each in word.expansions if not each.inner), None)
        leads = word.text.startswith(EXPANSION_MARK)
        return leads and first is not None and first.name in self._own_files

    def _nested(self, bare: str, program: Program, depth: int) -> Iterator[str]:
        """What the code in the arguments of a shell or of `eval` reaches."""
        code: list[Word] = []
        if bare in SHELLS:
            words = iter(program.arguments)
            if any(_is_code_flag(each.text) for each in words):
                code = list(words)[:1]
        elif bare == "eval":
            code = list(program.arguments)
        text = " ".join(self._text(each) for each in code)
        if not text:
            return
        if depth <= 0 or EXPANSION_MARK in text:
            yield f"`{_shown(text)}`: cannot be read"
        if depth > 0 and text.strip(EXPANSION_MARK + " "):
            yield from self.of(text.replace(EXPANSION_MARK, "_"), depth - 1)


_OWN_NAMES = frozenset(("RUNBOOK_OUTPUT", "RUNBOOK_FILES", "TMPDIR", "PWD"))
"""Variables of a script's environment that name its own files and folders."""
_UNKNOWN = f"/{EXPANSION_MARK}"
"""An absolute path of which nothing is known."""


def _is_code_flag(text: str) -> bool:
    return text[:1] == "-" and text[1:2] != "-" and "c" in text


def _is_system(name: str) -> bool:
    return _SYSTEM_PROGRAM.fullmatch(name) is not None


def _functions_of(body: Script) -> set[str]:
    return {
        each.function
        for each in commands(body)
        if isinstance(each, CommandGroup) and each.function
    }
