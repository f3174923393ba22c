"""`sql` checks: real SQLite files, and clients whose programs write down the call."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.run.checks.context import CheckContext
from mobius_tui.runbook.model.check_kinds import Repeat, SqlCheck
from mobius_tui.structs import replace
from tests.run.checks.conftest import on_path, sight
from tests.waiting import PATIENCE

Program = Callable[[str, str], Path]


@pytest.fixture
def file(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "app.db") as database:
        database.execute("create table item (id, name)")
        database.executemany("insert into item values (?, ?)", [(1, "a"), (2, None)])
    database.close()
    return "app.db"


@pytest.mark.parametrize(
    ("query", "is_", "held", "detail"),
    [
        ("select count(*) from item", "> 1", True, 'the query gives "2"'),
        ("select ${count}, 7", "> 5", False, 'the query gives "5", wanted > 5'),
        ("select 1 where 2 = 5", "3", False, "the query gives no row, wanted = 3"),
        ("select name from item where id = 2", "", True, 'the query gives ""'),
        ("select x'6162'", "ab", True, 'the query gives "ab"'),
        ("select ${word} from item", "a", False, "app.db: no such column: well"),
        ("delete from item", "0", False, "app.db: not authorized"),
        ("attach 'other.db' as other", "0", False, "app.db: not authorized"),
        ("select 1; select 2", "1", False, "app.db: You can only execute one"),
    ],
)  # fmt: skip
async def test_sqlite(
    ctx: CheckContext, file: str, query: str, is_: str, held: bool, detail: str
) -> None:
    seen = await sight(SqlCheck(query=query, file=file, is_=(is_,)), ctx)
    assert seen.held is held
    assert seen.detail.removesuffix(" statement at a time.") == detail
    assert not (ctx.workdir / "other.db").exists()


async def test_a_file_that_is_no_database(ctx: CheckContext, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "text").write_text("x" * 4096)
    check = SqlCheck(query="select a from b", file="text", is_=("1",))
    seen = await sight(check, ctx)
    assert seen.detail == "text: file is not a database"
    seen = await sight(replace(check, file="fifo"), ctx)
    assert seen.detail.endswith("fifo is no regular file")
    seen = await sight(replace(check, file="gone"), ctx)
    assert seen.detail.startswith("the query: No such file")
    assert not (tmp_path / "gone").exists()


async def test_a_query_without_end_is_left(ctx: CheckContext, file: str) -> None:
    endless = "with recursive n(x) as (select 1 union all select 1 from n) "
    endless += "select max(x) from n"
    others = set(threading.enumerate())
    check = SqlCheck(
        query=endless, file=file, is_=("1",), repeat=Repeat(timeout="200ms")
    )
    async with asyncio.timeout(PATIENCE):
        seen = await sight(check, ctx)
        assert seen.detail == "the query: timed out after 0.2 s"
        while any(each.name == "check" for each in set(threading.enumerate()) - others):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "value", ["a b", "1;", "'", "a--b", "1)", "x\ny", "*", "-1", "a-"]
)
async def test_a_value_cannot_become_code(
    ctx: CheckContext, file: str, value: str
) -> None:
    check = SqlCheck(query="select ${word}", file=file, is_=("1",))
    seen = await sight(
        check, replace(ctx, fill=lambda text: value if text == "${word}" else text)
    )
    assert "is not put into a query" in seen.detail


CLIENT = """#!/bin/sh
printf '%s\\0' "$@" > "$0.argv"
printf %s "$PGPASSWORD$MYSQL_PWD" > "$0.password"
printf 'ANSWER'
exit CODE
"""


def client(answer: str, code: int = 0) -> str:
    return CLIENT.replace("ANSWER", answer).replace("CODE", str(code))


def argv(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.argv").read_text().split("\0")[:-1]


PSQL = SqlCheck(
    query="select ${count}", url="postgresql://me@${app}:5433/app", is_=("> 2",)
)


async def test_psql(ctx: CheckContext, program: Program) -> None:
    folder = program("psql", client(r"3\037x\0364\n"))
    given = on_path(replace(ctx, env={**ctx.env, "PGPASSWORD": "hunter2"}), folder)
    seen = await sight(PSQL, given)
    assert (seen.held, seen.detail) == (True, 'the query gives "3"')
    words = argv(folder, "psql")
    assert words[-4:] == [
        "--command=START TRANSACTION READ ONLY",
        "--command=SET LOCAL statement_timeout = 10000",
        "--command=select 5",
        "postgresql://me@mobius:5433/app",
    ]
    assert "hunter2" not in " ".join(words)
    assert (folder / "psql.password").read_text() == "hunter2"


async def test_mysql_or_mariadb(ctx: CheckContext, program: Program) -> None:
    folder = program("mariadb", client(r"a\\\\n\\tb\tx\n2\n"))
    only = {**ctx.env, "PATH": f"{folder}"}
    check = replace(PSQL, url="mysql://m%40e@localhost:3307/app", is_=("x",))
    seen = await sight(check, replace(ctx, env=only))
    assert seen.detail == 'the query gives "a\\\\n\\tb", wanted = x'
    assert argv(folder, "mariadb")[4:] == [
        "--host=localhost",
        "--port=3307",
        "--protocol=TCP",
        "--user=m@e",
        "--database=app",
        "--execute=START TRANSACTION READ ONLY; select 5",
    ]
    program("mariadb", client(r"NULL\n"))
    seen = await sight(
        replace(check, url="mysql://", is_=("",)), replace(ctx, env=only)
    )
    assert seen.held
    assert argv(folder, "mariadb")[4:] == [
        "--execute=START TRANSACTION READ ONLY; select 5"
    ]


@pytest.mark.parametrize("url", ["postgresql://", "mysql://"])
async def test_no_row(ctx: CheckContext, program: Program, url: str) -> None:
    for name in ("psql", "mysql"):
        folder = program(name, client(""))
    seen = await sight(replace(PSQL, url=url), on_path(ctx, folder))
    assert seen.detail == "the query gives no row, wanted > 2"


async def test_a_client_that_fails_or_is_not_there(
    ctx: CheckContext, program: Program
) -> None:
    words = "psql: error: connection to server failed"
    folder = program("psql", client("").replace("exit 0", f"echo {words} >&2; exit 2"))
    assert (await sight(PSQL, on_path(ctx, folder))).detail == words
    nowhere = replace(ctx, env={**ctx.env, "PATH": str(ctx.workdir)})
    seen = await sight(PSQL, nowhere)
    assert (seen.held, seen.detail) == (False, "psql is not on PATH; install it")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://me:pw@h/", "PGPASSWORD"),
        ("mysql://me:pw@h/", "MYSQL_PWD"),
        ("postgresql://h/?password=x", "PGPASSWORD"),
        ("-postgresql://h/", "begins with postgresql://"),
        ("postgresql://h:x/", "is no URL"),
        ("postgresql://h /", "begins with"),
    ],
)
async def test_a_wrong_url_is_never_passed_on(
    ctx: CheckContext, program: Program, url: str, words: str
) -> None:
    folder = program("psql", client(""))
    seen = await sight(
        replace(PSQL, query="select 1", url="${word}"),
        on_path(
            replace(ctx, fill=lambda text: text if "word" not in text else url), folder
        ),
    )
    assert not seen.held
    assert words in seen.detail
    assert not (folder / "psql.argv").exists()
