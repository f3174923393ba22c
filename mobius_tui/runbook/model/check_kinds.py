"""The kinds of check that a step can have, as a runbook says them."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from urllib.parse import urlsplit

from msgspec import Struct, field

from mobius_tui.runbook.model.actions import script_without_lint_comments
from mobius_tui.runbook.model.guard_comparison import comparison_in_words

Json = str | int | float | bool | None | tuple["Json", ...] | Mapping[str, "Json"]
"""A JSON value, as a body assertion names it."""
Comparisons = tuple[str, ...]
"""Texts of a guard, such as `> 3`, of which a value satisfies one."""
Count = int | str
"""A count, or a text that is one once a variable is filled in."""
HttpStatus = int | tuple[int, ...]
"""The status of an answer, or several of which each is right."""


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

    attempts: Count | None = None
    """Looks in all; `consecutive` if neither it nor `deadline` is given."""
    consecutive: Count = 1
    """Looks in a row that must succeed; a failure restarts the count."""
    every: str = "5s"
    timeout: str = "10s"
    """The time limit of one look."""
    deadline: str | None = None
    """How long after the first look a last one is made; `for` in TOML."""

    @property
    def limit(self) -> Count | None:
        """The number of looks in all; `None` if only the time limits them."""
        if self.attempts is None and self.deadline is None:
            return self.consecutive
        return self.attempts


class HttpCheck(Struct, frozen=True, kw_only=True):
    """`http`: a URL answers as it should."""

    url: str
    status: HttpStatus = 200
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Json] = field(default_factory=dict)
    """What the answer has, by name."""
    pointers: Mapping[str, Comparisons] = field(default_factory=dict)
    """What the answer has at JSON pointers; `json` in TOML, too."""
    contains: str | None = None
    faster_than: str | None = None
    ca: str | None = None
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

    match: str
    count: str = ">=1"
    """A comparison such as `>=1`, `==2`, `<3`, or a bare number, which means `==`."""
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"processes matching {self.match}: {self.count}"


class ServiceCheck(Struct, frozen=True, kw_only=True):
    """`service`: every unit in `names` is in one of `state`."""

    names: tuple[str, ...]
    state: tuple[str, ...] = ("active",)
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"{', '.join(self.names)} {' or '.join(self.state)}"


class ChecksumCheck(Struct, frozen=True, kw_only=True):
    """`checksum`: `file` has the SHA-256 in `sums` or `sha256`."""

    file: str
    sums: str | None = None
    """A file whose first word is the hash; a name after it is ignored."""
    sha256: str | None = None
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"SHA-256 of {self.file} as {self.sums or self.sha256} says"


class FileCheck(Struct, frozen=True, kw_only=True):
    """`file`: a path exists, or is absent, and is as it should be."""

    path: str
    absent: bool = False
    same_as: str | None = None
    """A path with equal content; for folders, every file below it."""
    mode: str | None = None
    """Octal permissions, such as `0755`."""
    newer_than: str | None = None
    """A path, or a duration before now."""
    min_size: str | None = None
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

    at: str
    """`host:port`."""
    closed: bool = False
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"{self.at} {'closed' if self.closed else 'open'}"


class TlsCheck(Struct, frozen=True, kw_only=True):
    """`tls`: the certificate at `at` is valid for `min_days` more."""

    at: str
    min_days: Count = 0
    ca: str | None = None
    server_name: str | None = None
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

    name: str
    type: str = "A"
    at: str | None = None
    """The server, as `host:port`; the system's first one if it is not given."""
    records: tuple[str, ...] = ()
    """All that there are."""
    contains: tuple[str, ...] = ()
    """Some of those that there are."""
    absent: bool = False
    """Whether there is none."""
    ttl: Comparisons = ()
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

    free: str
    """A size, or a percentage such as `10%`."""
    path: str = "."
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"{self.free} free on {self.path}"


class MemoryCheck(Struct, frozen=True, kw_only=True):
    """`memory`: at least `free` is available."""

    free: str
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        return f"{self.free} of memory free"


class RunCheck(Struct, frozen=True, kw_only=True):
    """`run`: a shell predicate, read-only by promise."""

    script: str
    shell: tuple[str, ...] = ()
    """The program and its arguments; empty for bash with the strict flags."""
    success: tuple[int, ...] = (0,)
    pointers: Mapping[str, Comparisons] = field(default_factory=dict)
    """What its standard output, as JSON, has at some pointers; `json` in TOML."""
    is_: Comparisons = ()
    """What its standard output is, without blanks around it; `is` in TOML."""
    on_host: bool = False
    """Whether it runs on each host of a step with `hosts`; `on = "host"` in TOML."""
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


def database_url_problem(url: str) -> str:
    """Why a text is no URL of a database that can be asked; empty if it is one."""
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
    return ""


class SqlCheck(Struct, frozen=True, kw_only=True):
    """`sql`: the first value that a query gives; the database is only read."""

    query: str
    """A value that is filled in for `${}` must be a name or a number."""
    is_: Comparisons
    url: str | None = None
    """A PostgreSQL or MySQL database, asked by its own client."""
    file: str | None = None
    """A SQLite database."""
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def clients(self) -> tuple[str, ...]:
        """The programs of which one has to be there; none for SQLite."""
        return _CLIENTS.get((self.url or "").partition("://")[0], ())

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        query = shorten(" ".join(self.query.split()), 80, placeholder="…")
        where = self.url if self.url is not None else self.file
        return f"`{query}` in {where} gives {comparison_in_words(self.is_)}"


class LogCheck(Struct, frozen=True, kw_only=True):
    """`log`: since the step began, a line of a file matches; or none does."""

    file: str
    match: str | None = None
    not_: str | None = None
    """A pattern that no line may match; `not` in TOML."""
    repeat: Repeat = field(default_factory=Repeat)

    @property
    def condition(self) -> str:
        """What must hold, in words."""
        conditions = [f"a new line matches {self.match}"] * (self.match is not None)
        conditions += [f"no new line matches {self.not_}"] * (self.not_ is not None)
        return f"in {self.file} {' and '.join(conditions)}"


class OutputCheck(Struct, frozen=True, kw_only=True):
    """`output`: a line of the action's output matches; or none does, with `not`."""

    match: str | None = None
    not_: str | None = None
    """A pattern that no line may match; `not` in TOML."""
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


CHECK_KINDS: Mapping[str, type[Check]] = {
    "http": HttpCheck,
    "process": ProcessCheck,
    "service": ServiceCheck,
    "checksum": ChecksumCheck,
    "file": FileCheck,
    "port": PortCheck,
    "tls": TlsCheck,
    "dns": DnsCheck,
    "disk": DiskCheck,
    "memory": MemoryCheck,
    "run": RunCheck,
    "sql": SqlCheck,
    "log": LogCheck,
    "output": OutputCheck,
}
"""The name of each kind in TOML, and its model."""


def kind_of(check: Check) -> str:
    """The name of a check's kind in TOML."""
    return next(name for name, kind in CHECK_KINDS.items() if isinstance(check, kind))
