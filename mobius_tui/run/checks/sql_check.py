"""`sql`: the first value that a query returns, in a read-only transaction.

PostgreSQL and MySQL are asked by their own clients, which find a password in the
environment, a service file or `~/.pgpass` as usual; it is never an argument, which
everybody on the machine can see. SQLite is asked in this process.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
from math import ceil
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from mobius_tui.errors import MobiusError
from mobius_tui.health.response_body import quoted
from mobius_tui.run.checks.blocking_io import StopRequested, run_in_thread
from mobius_tui.run.checks.context import (
    CannotLookError,
    CheckContext,
    CheckResult,
    check_result,
)
from mobius_tui.run.checks.subprocesses import run_program
from mobius_tui.runbook.model.check_kinds import SqlCheck, database_url_problem
from mobius_tui.runbook.model.guard_comparison import (
    comparison_in_words,
    unmet_in_words,
)
from mobius_tui.runbook.model.limits import bounded_duration

_MAX_CLIENT_OUTPUT = 1 << 16
"""Bytes of a client's output in which the first value must be."""
_FIELD, _RECORD = "\x1f", "\x1e"
"""Separators that psql is told to print between values and rows; texts hardly ever
contain them."""
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0"}
"""What `mysql --batch` prints for some characters."""
_STEPS_BETWEEN_STOP_CHECKS = 1000
"""Steps of SQLite's machine between two looks whether to stop: some microseconds."""
_ALLOWED_SQLITE_ACTIONS = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
"""All that a query may do in SQLite: `attach` would make a file."""


async def check_sql(check: SqlCheck, ctx: CheckContext) -> CheckResult:
    """Make a `sql` check once.

    Raises:
        MobiusError: the URL, once filled in, is invalid, or there is no answer.
        OSError: the client cannot be started, or the file not be read.
    """
    if check.file is not None:
        path = ctx.path(check.file)
        value = await run_in_thread(lambda stop: _ask_sqlite(check.query, path, stop))
    else:
        value = await _ask_client(check, ctx)
    if value is None:
        wanted = comparison_in_words(check.is_)
        detail = f"the query gives no row, wanted {wanted}"
        return check_result(held=False, detail=detail)
    value = ctx.redact(value)
    lacking = unmet_in_words(value, check.is_)
    detail = f"the query gives {quoted(value)}"
    if lacking is not None:
        return check_result(held=False, detail=f"{detail}, {lacking}")
    return check_result(held=True, detail=detail)


async def _ask_client(check: SqlCheck, ctx: CheckContext) -> str | None:
    """The first value, as the client prints it; None without a row."""
    url = check.url or ""
    problem = database_url_problem(url)
    if problem:
        raise MobiusError(f"`url` {problem}")
    path = ctx.env.get("PATH")
    client = next((c for c in check.clients if shutil.which(c, path=path)), None)
    if client is None:
        raise CannotLookError(
            f"{' or '.join(check.clients)} is not on PATH; install it"
        )
    within = bounded_duration(check.repeat.timeout, "timeout")
    is_psql = client == "psql"
    arguments = (_psql_command if is_psql else _mysql_command)(url, check.query, within)
    ended = await run_program(
        (client, *arguments), workdir=ctx.workdir, env=ctx.env, keep=_MAX_CLIENT_OUTPUT
    )
    if ended.code != 0:
        line = ended.error_line
        raise MobiusError(line if line.startswith(client) else f"{client}: {line}")
    printed = ended.printed.decode("utf-8", "replace")
    return _first_of_psql(printed) if is_psql else _first_of_mysql(printed)


def _psql_command(url: str, query: str, within: float) -> tuple[str, ...]:
    return (
        "--no-psqlrc",
        "--no-password",
        "--quiet",
        "--tuples-only",
        "--no-align",
        f"--field-separator={_FIELD}",
        f"--record-separator={_RECORD}",
        "--set=ON_ERROR_STOP=1",
        # A pooler gives the connection to others: nothing may outlive the transaction.
        "--command=START TRANSACTION READ ONLY",
        # A client that is killed at the time limit leaves its query running.
        f"--command=SET LOCAL statement_timeout = {ceil(within * 1000)}",
        f"--command={query}",
        url,
    )


def _mysql_command(url: str, query: str, within: float) -> tuple[str, ...]:
    parts = urlsplit(url)
    given = {
        "host": parts.hostname,
        "port": parts.port,
        # `localhost` means a socket to MySQL, whatever the port.
        "protocol": "TCP" if parts.port is not None else None,
        "user": unquote(parts.username) if parts.username else None,
        "database": unquote(parts.path.lstrip("/")) or None,
    }
    return (
        "--batch",
        "--skip-column-names",
        "--skip-auto-rehash",
        f"--connect-timeout={ceil(within)}",
        *(f"--{name}={value}" for name, value in given.items() if value is not None),
        f"--execute=START TRANSACTION READ ONLY; {query}",
    )


def _first_of_psql(printed: str) -> str | None:
    if not printed:
        return None
    return printed.removesuffix("\n").split(_RECORD)[0].split(_FIELD)[0]


def _first_of_mysql(printed: str) -> str | None:
    """`--batch` writes tabs, line ends and backslashes in a value as escapes."""
    if not printed:
        return None
    value = printed.split("\n")[0].split("\t")[0]
    if value == "NULL":
        return ""
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), value)


def _ask_sqlite(query: str, path: Path, stop: StopRequested) -> str | None:
    """The first value, as text; None without a row.

    Raises:
        OSError: there is no such file.
        MobiusError: it is no database, or the query does more than read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise MobiusError(f"{path} is no regular file")
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            connection.set_authorizer(_authorize)
            connection.set_progress_handler(
                lambda: int(stop()), _STEPS_BETWEEN_STOP_CHECKS
            )
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            row = connection.execute(query).fetchone()
        finally:
            connection.close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise MobiusError(f"{path.name}: {error}") from error
    if row is None:
        return None
    value = row[0]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _authorize(action: int, *_: object) -> int:
    return (
        sqlite3.SQLITE_OK if action in _ALLOWED_SQLITE_ACTIONS else sqlite3.SQLITE_DENY
    )
