"""The kinds of check that a step can have, as a runbook says them."""

import re
from collections.abc import Mapping
from typing import Annotated, cast
from urllib.parse import urlsplit

from msgspec import Struct, field

from mobius_tui.runbook.model.actions import script_without_lint_comments
from mobius_tui.runbook.model.guard_comparison import comparison_in_words
from mobius_tui.runbook.model.keys import (
    ADDRESS,
    ANY_NAMES,
    EVERY,
    LATENCY,
    SOME_TEXT,
    STATUS,
    TIMEOUT,
    URL,
    WHILE,
    AnySize,
    Compared,
    Counted,
    ExitCodes,
    Flag,
    Form,
    Inner,
    Interpreter,
    Key,
    NamedTexts,
    OneOf,
    Other,
    Part,
    Pattern,
    Text,
    Texts,
    keys_of,
)
from mobius_tui.runbook.text.shortening import excerpt

Json = str | int | float | bool | None | tuple["Json", ...] | Mapping[str, "Json"]
"""A JSON value, as a body assertion names it."""
Comparisons = tuple[str, ...]
"""Texts of a guard, such as `> 3`, of which a value satisfies one."""
Count = int | str
"""A count, or a text that is one once a variable is filled in."""
HttpStatus = int | tuple[int, ...]
"""The status of an answer, or several of which each is right."""


COUNT = Form(
    re.compile(r"(?:>=|<=|==|!=|>|<)?\s*\d{1,9}"),
    'is a comparison, such as ">=1", "<3" or "0"',
    instead='a text, such as ">=1"',
)
FILE_MODE = Form(re.compile(r"0?[0-7]{3,4}"), 'is octal, such as "0755"')
SHA256 = Form(re.compile(r"[0-9A-Fa-f]{64}"), "is 64 hexadecimal digits")
TEXT_OR_TEXTS = Other({"type": ["string", "array"], "items": SOME_TEXT})
RECORD_TYPES = ("A", "AAAA", "CNAME", "TXT", "MX", "NS", "SRV", "SOA")

# What a check and a probe ask of an answer alike.
ASKED_URL = "uri endpoint address"
"""What other tools call a URL that is asked."""
METHOD = Key(Text(), "the method of the request")
HEADERS = Key(
    NamedTexts(shown=False), "headers of the request; a secret may stand in them"
)
HTTP_STATUS = Key(
    STATUS,
    "the status that the answer must have",
    like="code status_code expected_status expect",
)
JSON_BODY = Key(
    ANY_NAMES,
    "what the JSON of the answer must hold",
    "json",
    like="body data",
    write="`json`, of what the answer holds, or `contains`",
)
POINTERS = Key(ANY_NAMES, name="json")
CONTAINS = Key(
    Text(filled=True), "a text that the answer must hold", like="text content match"
)
CA = Key(Text(filled=True), "a file of certificates to trust, in place of the system's")


def status_in_words(status: HttpStatus) -> str:
    """A status, or several: `200 or 204`."""
    return " or ".join(map(str, status)) if isinstance(status, tuple) else str(status)


def _pointers_in_words(wanted: Mapping[str, Comparisons]) -> str:
    """What is compared at JSON pointers: `/queue/depth < 100, /state = ok`."""
    return ", ".join(
        f"{pointer} {comparison_in_words(texts)}" for pointer, texts in wanted.items()
    )


class Repeat(Struct, frozen=True, kw_only=True):
    """How often a check is repeated; part of each kind of check."""

    attempts: Annotated[
        Count | None,
        Key(
            Counted(1, 10_000),
            'how many looks in all, or `"${name}"`; as many as '
            "`consecutive` where it is not given",
            like="retries tries count",
        ),
    ] = None
    consecutive: Annotated[
        Count,
        Key(
            Counted(1, 10_000),
            "how many looks in a row must hold",
            like="successes threshold success_threshold",
        ),
    ] = 1
    every: Annotated[
        str,
        Key(
            EVERY, "the time between two looks", like="interval delay period frequency"
        ),
    ] = "5s"
    timeout: Annotated[str, Key(TIMEOUT, "the limit of one look")] = "10s"
    deadline: Annotated[
        str | None,
        Key(
            WHILE,
            "how long it is looked at before it has failed",
            name="for",
            since=2,
            like="deadline max_duration within",
        ),
    ] = None
    """How long after the first look a last one is made; `for` in TOML."""

    @property
    def limit(self) -> Count | None:
        """The number of looks in all; `None` if only the time limits them."""
        if self.attempts is None and self.deadline is None:
            return self.consecutive
        return self.attempts


class HttpCheck(Struct, frozen=True, kw_only=True):
    """`http`: a URL answers as it should."""

    url: Annotated[
        str,
        Key(URL, "the address that is asked", required=True, like=ASKED_URL),
    ]
    status: Annotated[HttpStatus, HTTP_STATUS] = 200
    method: Annotated[str, METHOD] = "GET"
    headers: Annotated[Mapping[str, str], HEADERS] = field(default_factory=dict)
    json: Annotated[Mapping[str, Json], JSON_BODY] = field(default_factory=dict)
    pointers: Annotated[Mapping[str, Comparisons], POINTERS] = field(
        default_factory=dict
    )
    """What the answer has at JSON pointers; `json` in TOML, too."""
    contains: Annotated[str | None, CONTAINS] = None
    faster_than: Annotated[
        str | None, Key(LATENCY, "the answer must be there sooner")
    ] = None
    ca: Annotated[str | None, CA] = None
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words: `GET http://x = 200`."""
        extra = f", faster than {self.faster_than}" if self.faster_than else ""
        extra += ", with the right body" if self.json or self.contains else ""
        extra += f", {_pointers_in_words(self.pointers)}" if self.pointers else ""
        return f"{self.method} {self.url} = {status_in_words(self.status)}{extra}"


class ProcessCheck(Struct, frozen=True, kw_only=True):
    """`process`: the count of matching processes satisfies `count`."""

    match: Annotated[
        str, Key(Pattern(), "the pattern for the command line", required=True)
    ]
    count: Annotated[
        str, Key(COUNT, 'the count that is right: {usual}, `"<3"`, `"0"`')
    ] = ">=1"
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"processes matching {self.match}: {self.count}"


class ServiceCheck(Struct, frozen=True, kw_only=True):
    """`service`: every unit in `names` is in one of `state`."""

    names: Annotated[
        tuple[str, ...], Key(Texts(filled=True), "the units", required=True)
    ]
    state: Annotated[tuple[str, ...], Key(Texts(), "the states that are right")] = (
        "active",
    )
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"{', '.join(self.names)} {' or '.join(self.state)}"


class ChecksumCheck(Struct, frozen=True, kw_only=True):
    """`checksum`: `file` has the SHA-256 in `sums` or `sha256`."""

    file: Annotated[str, Key(Text(filled=True), "the file", required=True)]
    sums: Annotated[str | None, Key(Text(filled=True), "the file that has the sum")] = (
        None
    )
    """A file whose first word is the hash; a name after it is ignored."""
    sha256: Annotated[
        str | None, Key(SHA256, "the sum itself, 64 hexadecimal digits")
    ] = None
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"SHA-256 of {self.file} as {self.sums or self.sha256} says"


class FileCheck(Struct, frozen=True, kw_only=True):
    """`file`: a path exists, or is absent, and is as it should be."""

    path: Annotated[str, Key(Text(filled=True), "the path", required=True)]
    absent: Annotated[bool, Key(Flag(), "it must not exist")] = False
    same_as: Annotated[
        str | None, Key(Text(filled=True), "the file or folder that it must equal")
    ] = None
    mode: Annotated[
        str | None, Key(FILE_MODE, 'its rights in octal digits, `"0755"`')
    ] = None
    newer_than: Annotated[
        str | None,
        Key(
            Text(filled=True),
            'a path that it is newer than, or its greatest age, `"1h"`',
        ),
    ] = None
    min_size: Annotated[str | None, Key(AnySize(), 'its least size, `"1KiB"`')] = None
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        if self.absent:
            return f"{self.path} is absent"
        parts = [f"same as {self.same_as}"] if self.same_as else []
        parts += [f"mode {self.mode}"] if self.mode else []
        parts += [f"newer than {self.newer_than}"] if self.newer_than else []
        parts += [f"at least {self.min_size}"] if self.min_size else []
        return f"{self.path} {', '.join(parts) or 'exists'}"


class PortCheck(Struct, frozen=True, kw_only=True):
    """`port`: `at` accepts a connection, or refuses it when `closed`."""

    at: Annotated[str, Key(ADDRESS, '`"host:port"`', required=True)]
    closed: Annotated[bool, Key(Flag(), "it must not accept one")] = False
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"{self.at} {'closed' if self.closed else 'open'}"


class TlsCheck(Struct, frozen=True, kw_only=True):
    """`tls`: the certificate at `at` is valid for `min_days` more."""

    at: Annotated[str, Key(ADDRESS, '`"host:port"`', required=True)]
    min_days: Annotated[
        Count, Key(Counted(0, 36_500), "the days for which it must be valid still")
    ] = 0
    ca: Annotated[str | None, CA] = None
    server_name: Annotated[
        str | None,
        Key(
            Text(filled=True),
            "the name that is asked for and that the certificate is for",
            name="name",
            since=2,
        ),
    ] = None
    """The name that is asked for and must be in it; the host of `at` if it is not
    given. `name` in TOML."""
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        name = f" for {self.server_name}" if self.server_name is not None else ""
        return f"certificate of {self.at}{name} valid for {self.min_days} days"


class DnsCheck(Struct, frozen=True, kw_only=True):
    """`dns`: the records of a name, as one server has them."""

    name: Annotated[
        str,
        Key(
            Text(filled=True),
            "the name that is asked for",
            required=True,
            like="host domain hostname",
        ),
    ]
    type: Annotated[str, Key(OneOf(RECORD_TYPES), "the kind of record")] = "A"
    at: Annotated[
        str | None,
        Key(
            ADDRESS,
            'the server, `"host:53"`; else the first one of `/etc/resolv.conf`',
            like="server nameserver resolver",
            write='`at = "10.0.0.53:53"`',
        ),
    ] = None
    records: Annotated[
        tuple[str, ...],
        Key(
            TEXT_OR_TEXTS,
            "all that there must be, in any order",
            like="is equals value address expect answer",
        ),
    ] = ()
    contains: Annotated[
        tuple[str, ...], Key(TEXT_OR_TEXTS, "some that there must be")
    ] = ()
    absent: Annotated[bool, Key(Flag(), "there must be none")] = False
    ttl: Annotated[
        Comparisons, Key(Compared(), 'how long each may be remembered, `"<= 60s"`')
    ] = ()
    """How long each may be remembered: a duration, or a number of seconds."""
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def subject(self) -> str:
        """What is asked, in words."""
        return f"{self.type} of {self.name}"

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        wanted = f"is {' and '.join(self.records)}"
        if self.absent:
            wanted = "is absent"
        elif not self.records:
            wanted = f"has {' and '.join(self.contains)}" if self.contains else "exists"
        where = f" at {self.at}" if self.at is not None else ""
        ttl = f", TTL {comparison_in_words(self.ttl)}" if self.ttl else ""
        return f"{self.subject} {wanted}{where}{ttl}"


class DiskCheck(Struct, frozen=True, kw_only=True):
    """`disk`: at least `free` is free where `path` is."""

    free: Annotated[
        str,
        Key(
            AnySize(share=True), 'a size, `"1GiB"`, or a share, `"10%"`', required=True
        ),
    ]
    path: Annotated[str, Key(Text(filled=True), "a path on the disk")] = "."
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"{self.free} free on {self.path}"


class MemoryCheck(Struct, frozen=True, kw_only=True):
    """`memory`: at least `free` is available."""

    free: Annotated[
        str,
        Key(
            AnySize(share=True),
            'a size, `"512MiB"`, or a share, `"10%"`',
            required=True,
        ),
    ]
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"{self.free} of memory free"


class RunCheck(Struct, frozen=True, kw_only=True):
    """`run`: a shell predicate, read-only by promise."""

    script: Annotated[
        str, Key(Text(lines=True, some=True), "the script", required=True)
    ]
    shell: Annotated[
        tuple[str, ...],
        Key(Interpreter(), "the program that runs it, and its arguments; bash"),
    ] = ()
    """The program and its arguments; empty for bash with the strict flags."""
    success: Annotated[
        tuple[int, ...], Key(ExitCodes(), "the exit codes that are right")
    ] = (0,)
    pointers: Annotated[
        Mapping[str, Comparisons],
        Key(
            ANY_NAMES,
            "comparisons at JSON pointers into what it prints",
            name="json",
            since=2,
        ),
    ] = field(default_factory=dict)
    """What its standard output, as JSON, has at some pointers; `json` in TOML."""
    is_: Annotated[
        Comparisons, Key(Compared(), "a comparison of all that it prints", since=2)
    ] = ()
    """What its standard output is, without blanks around it; `is` in TOML."""
    on_host: Annotated[
        bool,
        Key(
            Other({"enum": ["here", "host"]}),
            '`"here"` (the default), or `"host"`: on each host of a step with `hosts`',
            name="on",
            since=2,
        ),
    ] = False
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        script = script_without_lint_comments(self.script)
        first, *_ = script.strip().splitlines() or [""]
        conditions = [f"prints {comparison_in_words(self.is_)}"] if self.is_ else []
        conditions += [f"gives {_pointers_in_words(self.pointers)}"] * bool(
            self.pointers
        )
        where = " on each host" if self.on_host else ""
        return f"`{first}` {' and '.join(conditions) or 'succeeds'}{where}"


_CLIENTS: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("psql",),
    "postgres": ("psql",),
    "mysql": ("mysql", "mariadb"),
}


def database_url_problem(url: str) -> str | None:
    """Why a text is no URL of a database that can be asked; None if it is one."""
    example = "postgresql://app@db.internal:5432/app"
    try:
        parts = urlsplit(url)
        has_password = bool(parts.password) or "password" in parts.query.lower()
        _ = parts.port
    except ValueError as error:
        return f"is no URL, such as {example}: {error}"
    if parts.scheme not in _CLIENTS or "://" not in url or any(map(str.isspace, url)):
        return f"begins with postgresql:// or mysql://, such as {example}"
    if has_password:
        name = "PGPASSWORD" if parts.scheme.startswith("p") else "MYSQL_PWD"
        return (
            "has a password, which everybody on the machine could see: take it out, "
            f"and give the step `secrets = {{ {name} = 'NAME' }}`"
        )
    return None


class SqlCheck(Struct, frozen=True, kw_only=True):
    """`sql`: the first value that a query gives; the database is only read."""

    query: Annotated[
        str,
        Key(
            Text(lines=True, filled=True, some=True),
            "the query, which only reads",
            required=True,
            like="statement sql script",
        ),
    ]
    """A value that is filled in for `${}` must be a name or a number."""
    is_: Annotated[
        Comparisons,
        Key(
            Compared(),
            "what the value is compared with",
            required=True,
            like="equals expect value result json",
        ),
    ]
    url: Annotated[
        str | None,
        Key(
            Text(filled=True),
            "`postgresql://USER@HOST:PORT/DATABASE` or `mysql://…`",
            like="client driver engine host server dsn",
            write="`url`, whose scheme names the client",
        ),
    ] = None
    """A PostgreSQL or MySQL database, asked by its own client."""
    file: Annotated[
        str | None,
        Key(
            Text(filled=True),
            "a file of SQLite, in place of `url`",
            like="database db path",
            write="`url`, or `file` for SQLite",
        ),
    ] = None
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def clients(self) -> tuple[str, ...]:
        """The programs of which one has to be there; none for SQLite."""
        return _CLIENTS.get((self.url or "").partition("://")[0], ())

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        query = excerpt(self.query, 80)
        where = self.url if self.url is not None else self.file
        return f"`{query}` in {where} gives {comparison_in_words(self.is_)}"


class LogCheck(Struct, frozen=True, kw_only=True):
    """`log`: since the step began, a line of a file matches; or none does."""

    file: Annotated[
        str, Key(Text(filled=True), "the file", required=True, like="path name")
    ]
    match: Annotated[
        str | None,
        Key(
            Pattern(),
            "a pattern that a new line must match",
            like="pattern regex appears contains wanted",
        ),
    ] = None
    not_: Annotated[
        str | None,
        Key(
            Pattern(),
            "a pattern that no new line may match",
            like="absent unwanted without",
        ),
    ] = None
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        conditions = [f"a new line matches {self.match}"] * (self.match is not None)
        conditions += [f"no new line matches {self.not_}"] * (self.not_ is not None)
        return f"in {self.file} {' and '.join(conditions)}"


class OutputCheck(Struct, frozen=True, kw_only=True):
    """`output`: a line of the action's output matches; or none does, with `not`."""

    match: Annotated[str | None, Key(Pattern(), "a pattern that a line must match")] = (
        None
    )
    not_: Annotated[str | None, Key(Pattern(), "a pattern that no line may match")] = (
        None
    )
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        if self.match is not None:
            return f"a line of its output matches {self.match}"
        return f"no line of its output matches {self.not_}"


Check = (
    HttpCheck
    | ProcessCheck
    | ServiceCheck
    | ChecksumCheck
    | FileCheck
    | PortCheck
    | TlsCheck
    | DnsCheck
    | DiskCheck
    | MemoryCheck
    | RunCheck
    | SqlCheck
    | LogCheck
    | OutputCheck
)


_TABLE = ("object", "array")
_SHORT = ("string", "object", "array")
"""A table or a list of tables, and a text for each that has its main key alone."""
_ONCE: Mapping[str, Key] = {
    name: keys_of(Repeat)[name] for name in ("every", "timeout")
}
"""Of how a check is repeated, what an output has that does not change any more."""


def _kind(
    model: type[Check],
    says: str,
    *,
    types: tuple[str, ...] = _SHORT,
    repeat: Part = Repeat,
    since: int = 1,
    like: str = "",
    write: str = "",
) -> Key:
    kind = Inner((model, repeat), types)
    return Key(kind, says, since=since, like=like, write=write)


CHECK_KEYS: Mapping[str, Key] = {
    "http": _kind(
        HttpCheck,
        "the URL answers as it should",
        like="url uri endpoint get",
        write="`http = { url = 'https://…' }`",
    ),
    "process": _kind(ProcessCheck, "the count of processes whose command line matches"),
    "service": _kind(
        ServiceCheck,
        "every unit of systemd is in one of the states",
        like="systemd unit units",
        write="`service = { names = ['x'] }`",
    ),
    "checksum": _kind(
        ChecksumCheck,
        "a file's SHA-256 is the one given",
        types=_TABLE,
        like="sha256 hash md5",
    ),
    "file": _kind(FileCheck, "a path exists, or not"),
    "port": _kind(
        PortCheck,
        "an address accepts a connection, or not",
        like="tcp socket connect",
        write='`port = { at = "host:80" }`',
    ),
    "tls": _kind(TlsCheck, "a certificate is valid for long enough"),
    "dns": _kind(DnsCheck, "a name server tells these records", since=2),
    "sql": _kind(
        SqlCheck,
        "the first value of the first row is as it should be",
        types=_TABLE,
        since=2,
        like="psql mysql mariadb sqlite sqlite3 database query postgres",
    ),
    "log": _kind(
        LogCheck,
        "what is written to a file since the step began",
        types=_TABLE,
        since=2,
    ),
    "disk": _kind(DiskCheck, "so much of a disk is free"),
    "memory": _kind(MemoryCheck, "so much memory is free"),
    "run": _kind(
        RunCheck,
        "a script succeeds; it promises to change nothing",
        like="command cmd script shell exec bash",
        write="`run`; its `json` compares what it prints",
    ),
    "output": _kind(
        OutputCheck,
        "lines of the action's output match, or none does",
        repeat=_ONCE,
        like="stdout contains regex",
        write="`output = { match = 'x' }`",
    ),
}
"""The keys of the kinds of check; the first part of each is its model."""
CHECK_TABLE: tuple[Part, ...] = (Repeat, CHECK_KEYS)
"""What a table of checks has; in format 2 it may say beside the kinds how often all of
them are repeated."""
CHECK_KINDS: Mapping[str, type[Check]] = {
    name: cast("type[Check]", cast("Inner", key.kind).parts[0])
    for name, key in CHECK_KEYS.items()
}
"""The name of each kind in TOML, and its model."""


def kind_of(check: Check) -> str:
    """The name of a check's kind in TOML."""
    return next(name for name, kind in CHECK_KINDS.items() if isinstance(check, kind))
