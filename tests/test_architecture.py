"""The rules of the tree: which way imports point, and what is pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mobius_tui

PACKAGE = Path(mobius_tui.__file__).parent
LAYERS = (
    ("errors", "sanitize", "ascii_text", "garbage_collection"),
    ("runbook",),
    ("health",),
    ("run",),
    ("drill", "review"),
    ("tui", "plain"),
    ("doctor",),
    ("cli", "commands", "__main__"),
)
PURE = (
    "sanitize",
    *("runbook.comparison", "runbook.guard_solver", "runbook.guards"),
    "runbook.digests",
    "runbook.limits",
    "runbook.model",
    "runbook.model_action",
    "runbook.model_check",
    "runbook.model_health",
    "runbook.units",
    *("runbook.reads", "runbook.unattended"),
    "runbook.words",
    "runbook.templates",
    "runbook.loopback",
    "runbook.changes",
    "runbook.drift",
    "runbook.drift_commands",
    "runbook.lint",
    "runbook.lint_outside",
    "runbook.lint_scripts",
    "runbook.lint_texts",
    "runbook.inside",
    "runbook.ignore",
    "runbook.explain",
    *(
        f"runbook.doubts.{name}"
        for name in (
            *(
                "background",
                "cannot_fail",
                "cannot_fail_script",
                "endless",
                "look",
                "lost",
            ),
            *("matching", "network", "paths", "placeholders", "printing", "prompts"),
            *("quoting", "rule", "secrets", "steps", "structure", "swallowed", "table"),
            "unattended",
        )
    ),
    *(
        f"runbook.shell.{name}"
        for name in (
            *("compound", "model", "parse", "program", "reader", "simple", "walk"),
            "words",
        )
    ),
    *(
        f"runbook.prose.{name}"
        for name in ("dialect", "grid", "lines", "model", "read", "wrap")
    ),
    *(
        f"runbook.page.{name}"
        for name in (
            *("blocks", "containers", "convert", "drafts", "effect", "facts"),
            *("filling", "html", "inline", "inline_commands", "leads", "lists"),
            *("parse", "people", "placeholders", "placing", "programs", "quoting"),
            *("scopes", "section_steps", "sections", "sessions", "shell"),
            *("slugs", "steps", "tables", "titles", "ways", "write"),
        )
    ),
    "health.backtest",
    "health.condition",
    "health.latencies",
    "health.past",
    "health.replay",
    "health.reported",
    "health.rules",
    "health.thresholds",
    "health.trigger",
    "health.window",
    "health.record",
    "health.tally",
    "review.as_html",
    "review.as_json",
    "review.as_junit",
    "review.as_markdown",
    "review.beats",
    "review.drawing",
    "review.grades",
    "review.html_steps",
    "review.markup",
    "review.measures",
    "review.messages",
    "review.moment",
    "review.moments",
    "review.phrases",
    "review.prose_html",
    "review.prose_markdown",
    "review.redact",
    "review.rewind",
    "review.spelling",
    "review.stats",
    "review.stats_words",
    "review.style",
    "review.timeline",
    "review.told",
    "review.walk",
<<<<<<< 38e77c6fb3b8462362fa24bf0e69b9ec7bcb49f2
    "run.entry_words",
    "run.error_line",
    "run.order",
    "run.packed",
    "run.shapes",
    "run.entry",
    "run.events",
    "run.step_events",
    "run.message_events",
    "run.message_words",
    "run.payload",
    "run.redaction",
    "run.state",
    "run.milestones",
    "run.rollback",
    "run.drill_events",
    "run.watch_clock",
    "run.watch_events",
    "run.watch_words",
    "run.watch_state",
    "run.fold_watch",
    "run.steps",
    "run.texts",
    "run.fold",
    "run.finding",
    "run.grown",
    "run.fold_steps",
    "run.plan",
    "run.standings",
    "run.recover",
    *("run.intents.actions", "run.intents.envelope", "run.intents.replies"),
    *("run.planning.approval_permissions", "run.planning.message_permissions"),
    *("run.planning.permissions", "run.planning.run_permissions"),
    *("run.planning.situation", "run.planning.step_permissions"),
    "run.planning.watch_permissions",
    "run.checks.tally",
=======
>>>>>>> p2run
    "drill.matrix",
    "drill.ought",
    "drill.score",
    "drill.score_words",
    "drill.seen",
    "tui.coach",
    "tui.widgets.chart",
    "tui.widgets.step_marks",
)
IO = {"os", "subprocess", "socket", "asyncio", "threading", "httpx", "psutil", "random"}
CLOCKS = {"time.time", "time.monotonic", "datetime.now", "datetime.utcnow"}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if "assets" in inside.parts:
            continue
        name = ".".join(inside.with_suffix("").parts)
        yield name.removesuffix(".__init__"), path


PURE_ROOMS = ("run.events", "run.state", "run.planning")
"""Every module in them is pure, those that are added too."""
PURE_OF_RUN = (
    *(name for name, _ in modules() if name.rpartition(".")[0] in PURE_ROOMS),
    "run.checks.error_line",
    "run.intents.messages",
    *("run.journal.describe_entry", "run.journal.outage_times"),
    *("run.messaging.channels", "run.messaging.payload"),
    "run.records.seals",
    "run.storage.redaction",
    "run.terminal.terminal_history",
)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return found


def layer(name: str) -> int:
    first = name.split(".")[0]
    return next(i for i, names in enumerate(LAYERS) if first in names)


def test_imports_point_one_way() -> None:
    wrong = []
    for name, path in modules():
        if name in ("", "__init__"):
            continue
        for imported in imports(path):
            inside = imported.removeprefix("mobius_tui.")
            if inside == imported or inside.startswith("__version__"):
                continue
            same = inside.split(".")[0] == name.split(".")[0]
            if not same and layer(inside) > layer(name):
                wrong.append(f"{name} imports {inside}")
            beside = not same and layer(inside) == layer(name)
<<<<<<< 38e77c6fb3b8462362fa24bf0e69b9ec7bcb49f2
            if beside and layer(name) not in (0, len(LAYERS) - 1):
=======
            if beside and layer(name) not in (0, 7):
>>>>>>> p2run
                wrong.append(f"{name} imports its neighbour {inside}")
    assert wrong == []


def test_only_the_screens_know_textual() -> None:
    wrong = [
        name
        for name, path in modules()
        if not name.startswith("tui")
        and any(i.split(".")[0] in ("textual", "rich") for i in imports(path))
    ]
    assert wrong == []


MISSES = {
    *("query_one", "query_exactly_one", "query_ancestor", "get_widget_by_id"),
    *("get_child_by_id", "get_child_by_type", "first", "last", "only_one"),
}
"""Methods that raise where a widget is not there: not yet, or no more."""


def test_no_screen_asks_for_a_widget_that_may_not_be_there() -> None:
    wrong = [
        f"{name}:{node.lineno}: {node.func.attr}"
        for name, path in modules()
        if name.startswith("tui")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in MISSES
    ]
    assert wrong == []


@pytest.mark.parametrize("name", [*PURE, *PURE_OF_RUN])
def test_a_pure_module_does_no_io_and_reads_no_clock(name: str) -> None:
    path = PACKAGE / (name.replace(".", "/") + ".py")
    assert {i.split(".")[0] for i in imports(path)} & IO == set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in CLOCKS
            assert called != "open"


@pytest.mark.parametrize(
    "code",
    [
        "import mobius_tui.cli",
        "import mobius_tui.run.host.host_main",
        "import mobius_tui.run.client.viewer, mobius_tui.plain",
        "from mobius_tui.cli import main; main(['check', '/nonexistent.toml'])",
        "from mobius_tui.cli import main; main(['watch', '--replay', '/nonexistent'])",
        "from mobius_tui.cli import main; main(['--version'])",
        "from mobius_tui.cli import main; main(['import', '/nonexistent', '-o', '-'])",
    ],
)
def test_textual_is_not_loaded_without_a_screen(code: str) -> None:
    script = f"{code}\nimport sys\nprint('textual' in sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "False"


BARE = {
    *("mobius_tui", "mobius_tui.run", "mobius_tui.run.keeper"),
    *(
        f"mobius_tui.run.keeper.{name}"
        for name in (
            *("attempt_record", "disk_full", "output_writer", "process_table"),
            *("script_process", "stream_redactor"),
        )
    ),
}
"""What the keepers have in common; it imports next to nothing."""
TERMINAL = ("frames", "pty_relay", "terminal_history", "terminal_socket")
KEEPERS = {
    "keeper/keeper.py": {
        f"mobius_tui.run.keeper.{name}" for name in ("flood_throttle", "output_pump")
    },
    "terminal/terminal_keeper.py": {
        *("mobius_tui.run.keeper.peer", "mobius_tui.run.terminal"),
        *(f"mobius_tui.run.terminal.{name}" for name in TERMINAL),
    },
}


@pytest.mark.parametrize("name", KEEPERS)
def test_a_keeper_imports_next_to_nothing(name: str) -> None:
    """It runs bare, with the standard library and what of ours does the same."""
    keeper = PACKAGE / "run" / name
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", str(keeper)],
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    ours = {each for each in loaded if each.partition(".")[0] == "mobius_tui"}
    assert ours == BARE | KEEPERS[name]
    assert not loaded & {"asyncio", "json", "subprocess", "typing", "dataclasses"}


def test_a_host_that_asks_nobody_does_without_httpx() -> None:
    """It would be a fifth of its start."""
    script = "import mobius_tui.run.host.host_main, sys; print('httpx' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
