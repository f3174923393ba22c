"""What the API answers: release 2.4."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

HEARTBEAT_LIMIT = 5.0
"""Seconds after which a silent worker counts as gone."""


def respond(path: str, context: dict[str, Any]) -> tuple[int, dict[str, Any] | str]:
    """The status and body of a request's answer."""
    version = {"version": context["version"], "environment": context["environment"]}
    if path == "/health":
        return _health(context, version)
    if path in ("/version", "/api/version"):
        return 200, version
    if path == "/api/health/detailed":
        return _detailed(context)
    if path == "/api/assets":
        with closing(_database(context)) as database:
            (assets,) = database.execute("SELECT count(*) FROM assets").fetchone()
        return 200, {"assets": assets}
    if path == "/":
        return 200, f"<!doctype html><title>MOBIUS</title>{context['version']}\n"
    return 404, {"error": f"no such path: {path}"}


def _health(
    context: dict[str, Any], version: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    """Whether the service is of use: 503 if it cannot reach its data."""
    try:
        with closing(_database(context)) as database:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return 503, {"status": "degraded", **version, "database": "unreachable"}
    if context["health"] == "rich":
        return 200, {"status": "ok", **version, "requests": context["figures"]()}
    return 200, {"status": "ok"}


def _database(context: dict[str, Any]) -> sqlite3.Connection:
    """The database that the configuration names, for reading."""
    path: Path = context["root"] / context["config"]["database"]
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)


def _detailed(context: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Each part by itself; 503 if one is not ok."""
    schema, database = _schema(context)
    beat = context["root"] / context["config"]["heartbeat"]
    age = time.time() - beat.stat().st_mtime if beat.exists() else None
    alive = age is not None and age < HEARTBEAT_LIMIT
    worker = "ok" if alive else "no heartbeat"
    good = database == "ok" and worker == "ok"
    return 200 if good else 503, {
        "status": "ok" if good else "degraded",
        "version": context["version"],
        "database": database,
        "schema": schema,
        "worker": worker,
        "heartbeat_age_s": None if age is None else round(age, 1),
        "requests": context["figures"](),
        "uptime_s": round(time.time() - context["started"], 1),
    }


def _schema(context: dict[str, Any]) -> tuple[int | None, str]:
    """The version of the schema, and `ok` or what is wrong with the database."""
    expected = context["migrations"]
    try:
        with closing(_database(context)) as database:
            (schema,) = database.execute("PRAGMA user_version").fetchone()
            (sound,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return None, f"unreachable: {error}"
    if sound != "ok":
        return schema, f"damaged: {sound}"
    if schema != expected:
        return schema, f"schema {schema}, but this release needs {expected}"
    return schema, "ok"
