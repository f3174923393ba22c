"""The rules of the tree: which way imports point, what a folder holds, what is pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.package_imports import (
    PACKAGE,
    circle,
    imports,
    imports_inside_functions,
    modules,
)
from tests.paths import TESTS
from tests.table import each_row
from tests.tests_of import find_tests, own_tests

FLOORS = (
    *("json_border", "structs", "errors", "ascii_text", "sanitize"),
    *("garbage_collection", "folders"),
    *("program_name", "confinement"),
    *(f"runbook.{room}" for room in ("text", "model", "prose", "shell", "effects")),
    *(f"runbook.{room}" for room in ("toml", "decode", "script_rules", "lint")),
    *(f"runbook.{room}" for room in ("page", "library")),
    "health",
    *(f"run.{room}" for room in ("keeper", "events", "state", "rollout")),
    *("run.planning", "run.intents"),
    *(f"run.{room}" for room in ("storage", "journal", "checks", "targets")),
    *(f"run.{room}" for room in ("fleet", "playbooks", "attempts")),
    *(f"run.{room}" for room in ("records", "messaging", "terminal", "watch")),
    *(f"run.{room}" for room in ("host", "client")),
    *("drill.site", "drill.faults", "drill", "review", "review.formats"),
    *(f"tui.{room}" for room in ("commands", "screen_state", "messages")),
    *(f"tui.{room}" for room in ("config", "backend", "presenters", "widgets")),
    "tui.output",
    *(f"tui.{room}" for room in ("external", "dialogs", "parts", "flows", "screens")),
    *(f"tui.{room}" for room in ("start_pages", "navigation", "app", "main")),
    *(
        "doctor",
        "plain",
        "commands.support",
        "commands.authoring",
        "commands.past_runs",
        "commands",
        "cli",
        "__main__",
    ),
)
"""Folders, and files that lie beside folders, from the ground up.

Each imports only what stands before it. Imports for annotations and inside functions
count."""
APART = (("drill", "review"), ("tui", "plain"), ("doctor", "plain"))
"""Packages that know nothing of each other."""
FOLDER_LIMIT = 20
"""Modules that a folder holds at most, beside its `__init__`."""


def outside_imports(tree: ast.AST) -> set[str]:
    """The top names of all that a file imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def floor(name: str) -> int:
    """The number of the floor that a module stands on."""
    room = name
    while room and room not in FLOORS:
        room = room.rpartition(".")[0]
    assert room, f"{name}: its folder is on no floor; see FLOORS"
    return FLOORS.index(room)


def is_package(name: str) -> bool:
    return modules()[name].name == "__init__.py"


def test_a_floor_imports_only_what_is_below_it() -> None:
    wrong = [
        f"{name}:{each.line} imports {each.module}"
        for name in modules()
        if not is_package(name)
        for each in imports(name)
        if not is_package(each.module) or each.module in FLOORS
        if floor(each.module) > floor(name)
    ]
    assert wrong == []


def test_packages_that_stand_side_by_side_know_nothing_of_each_other() -> None:
    wrong = [
        f"{name}:{each.line} imports {each.module}"
        for name in modules()
        for each in imports(name)
        for pair in APART
        if {name.partition(".")[0], each.module.partition(".")[0]} == set(pair)
    ]
    assert wrong == []


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = {name: {each.module for each in imports(name)} for name in modules()}
    assert " -> ".join(circle(graph)) == ""


def test_a_circle_is_found_and_its_way_told() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"e", "b"}, "e": {"a"}}
    assert set(circle(graph)) == {"b", "c", "d"}
    assert circle({"a": {"b"}, "b": set()}) == []


def folders() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("__init__.py")):
        if "assets" not in path.parts:
            yield path.parent


def test_no_folder_is_a_warehouse() -> None:
    counts = {
        str(folder.relative_to(PACKAGE)): len(list(folder.glob("*.py"))) - 1
        for folder in folders()
    }
    assert {name: count for name, count in counts.items() if count > FOLDER_LIMIT} == {}


def test_a_folder_says_what_belongs_in_it() -> None:
    silent = [
        str(folder.relative_to(PACKAGE))
        for folder in folders()
        if len(ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or "")
        < 20
    ]
    assert silent == []


ALIKE = {"__init__", "__main__"}


def test_a_module_can_be_opened_by_its_name() -> None:
    """No two files have one name."""
    stems: dict[str, list[str]] = {}
    for name, path in modules().items():
        if path.stem not in ALIKE:
            stems.setdefault(path.stem, []).append(name)
    assert {stem: names for stem, names in stems.items() if len(names) > 1} == {}


def test_a_test_lies_where_its_module_does() -> None:
    """`tests/a/test_b.py` or `tests/a/test_b_topic.py` is of `mobius_tui/a/b.py`."""
    lost = []
    rooms = {str(each.relative_to(PACKAGE)) for each in folders()}
    for path in sorted(TESTS.rglob("test_*.py")):
        folder = path.parent.relative_to(TESTS)
        if path.parent == TESTS or str(folder) not in rooms:
            continue  # scenarios and acceptance go through many modules
        subject = path.stem.removeprefix("test_")
        names = [each.stem for each in (PACKAGE / folder).glob("*.py")]
        if not any(
            subject == n.rstrip("_") or subject.startswith(f"{n}_") for n in names
        ):
            lost.append(str(path.relative_to(TESTS)))
    assert lost == []


def test_the_tests_of_every_module_can_be_found() -> None:
    """What no test reaches, by whatever way, is tested by nobody."""
    alone = [n for n in modules() if not is_package(n) and not find_tests(n)]
    assert alone == ["__main__"]
    own = find_tests("run.state.reducer")
    assert {way for _, way in own} == {"run.state.reducer"}
    assert own_tests("run.planning.lost_secrets") == ()
    by_way = find_tests("run.planning.lost_secrets")
    assert by_way[0] == (
        TESTS / "run" / "planning" / "test_rollback.py",
        "run.planning.rollback",
    )


LAZY: Mapping[tuple[str, str], float] = {
    ("cli", "commands.command_line"): 20,  # --version does without
    ("cli", "commands.support.completed_names"): 9,  # a shell asks it at every TAB
    ("cli", "run.storage.crash_report"): 32,
    ("cli", "program_name"): 4,  # with sanitize, shlex and shutil
    ("commands.authoring.check", "commands.support"): 87,  # of drills, of inventories
    ("commands.drill", "commands.support.drill_start"): 217,
    ("commands.resume", "commands.support.run_lines"): 251,
    ("commands.run", "run.client.playbook_check"): 31,
    ("commands.past_runs.runs", "drill"): 53,
    ("commands.support.watch_replay", "review.run_reader"): 83,
    ("commands.watch", "commands.support.watch_begin"): 165,
    ("commands.support.command_options", "run.intents.unattended_answers"): 120,
    ("commands.support.completed_names", "commands.support.completed_parts"): 12,
    ("commands.support.run_frontend", "commands.support.run_lines"): 81,
    ("commands.support.screens", "tui.config.settings_file"): 130,
    ("commands.support.site_sweeping", "drill.site_guard"): 185,
    ("drill.site_survey", "health.probe"): 19,  # with httpx
    ("run.checks.run_check", "run.checks"): 35,  # network_checks, with httpx
    ("run.checks.run_check", "run.checks.dns_check"): 60,  # with dnspython
    ("run.journal.journal", "psutil"): 12,  # where there is no /proc
    ("run.keeper.process_table", "_ctypes"): 1,  # a keeper loads next to nothing
    ("run.messaging.outbox", "run.messaging.webhook"): 28,  # with httpx
    ("run.planning.improvisation", "runbook.effects.effect_judge"): 10,
    ("run.watch.health_monitor", "health.probe"): 30,  # with httpx
    ("run.storage.place", "ctypes"): 2,  # where nobody resumes
    ("runbook.decode.assemble", "runbook.effects.effect_judge"): 11,
    ("runbook.library.loader", "runbook.lint.file_rules"): 20,
    ("runbook.library.loader", "runbook.lint.linter"): 22,
    ("runbook.library.loader", "runbook.lint.suppressions"): 13,
    ("runbook.prose.markdown", "runbook.prose.markdown_dialect"): 31,
    ("runbook.script_rules.cannot_fail", "runbook.script_rules.succeeding_scripts"): 9,
    ("runbook.toml.runbook_source", "runbook.toml.problem"): 19,  # names, for a shell
    ("tui.main", "tui.navigation"): 232,  # the first picture comes before it
    ("tui.main", "tui.screens.statistics_screen"): 172,
    ("tui.main", "tui.screens.facilitator_screen"): 247,
    ("tui.navigation", "review.reviewed_run"): 12,
    ("tui.navigation", "tui.start_pages"): 39,  # who resumes a run needs none of it
    ("tui.navigation", "tui.screens.review_screen"): 23,
    ("tui.parts.run_dialogs", "tui.dialogs.end_card"): 105,
    ("tui.parts.run_dialogs", "drill.drill_verdict"): 100,
    ("tui.screens.library_screen", "tui.screens.statistics_screen"): 11,
    ("tui.screens.page", "tui.dialogs.drills_dialog"): 43,
    ("tui.screens.run_screen", "tui.flows.step_flows"): 34,
    ("tui.start_pages", "run.client.probe_preview"): 47,  # with httpx
}
"""Imports inside functions, and the milliseconds of a processor that each saves.

Measured with everything compiled, where the module that imports is loaded and none of
what it is used with, on a machine that imports `argparse` in 8 ms. Those below 5 are
for commands that people wait for in a shell.
"""
LAZY_LIMIT = 45
"""Of them there are at most."""


def lazy_imports() -> Iterator[tuple[str, str]]:
    """What is imported inside functions: the module that does, and what."""
    for name, path in modules().items():
        tree = ast.parse(path.read_text())
        for node in imports_inside_functions(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield name, node.module.removeprefix("mobius_tui.")
            elif isinstance(node, ast.Import):
                yield name, node.names[0].name


def test_imports_inside_functions_are_those_that_a_start_wants() -> None:
    assert sorted(set(lazy_imports())) == sorted(LAZY)
    assert len(LAZY) <= LAZY_LIMIT


IO = {
    *("os", "subprocess", "socket", "asyncio", "threading", "httpx", "psutil"),
    *("random", "tempfile", "shutil", "signal", "fcntl"),
}
CLOCKS = {"time.time", "time.monotonic", "datetime.now", "datetime.utcnow"}
FILE_METHODS = {
    "read_text",
    "write_text",
    "read_bytes",
    "write_bytes",
    "unlink",
    "stat",
}
PURE: Mapping[str, set[str]] = {
    **{folder: set() for folder in ("runbook.text", "runbook.model", "runbook.prose")},
    **{
        folder: set()
        for folder in ("runbook.shell", "runbook.script_rules", "runbook.lint")
    },
    "runbook.effects": {"command_effects"},
    "runbook.toml": {"runbook_source"},
    "runbook.decode": {"user_commands"},
    "runbook.page": set(),
    "health": {
        *("connection", "http_client", "local_machine", "probe"),
        *("safe_search", "ticker"),
    },
    **{folder: set() for folder in ("run.events", "run.state", "run.intents")},
    "run.planning": set(),
    "run.rollout": set(),
    "run.journal": {"follower", "journal"},
    "review": {
        *("report_builder", "reviewed_run", "run_export", "run_import"),
    },
    "review.formats": {"json_report"},
    **{folder: set() for folder in ("tui.commands", "tui.flows")},
}
"""Folders whose modules do no I/O and read no clock, with those that do."""


def is_pure(path: Path) -> bool:
    """Whether a module touches neither the system nor a clock."""
    tree = ast.parse(path.read_text())
    if outside_imports(tree) & IO:
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            method = called.rpartition(".")[2] if "." in called else ""
            if called in CLOCKS or called == "open" or method in FILE_METHODS:
                return False
    return True


@each_row("folder", PURE)
def test_a_pure_module_does_no_io_and_reads_no_clock(folder: str) -> None:
    files = (PACKAGE / folder.replace(".", "/")).glob("*.py")
    assert {path.stem for path in files if not is_pure(path)} == PURE[folder]


def test_only_the_screens_know_textual() -> None:
    wrong = [
        name
        for name, path in modules().items()
        if not name.startswith("tui")
        and outside_imports(ast.parse(path.read_text())) & {"textual", "rich"}
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
        for name, path in modules().items()
        if name.startswith("tui")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in MISSES
    ]
    assert wrong == []


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


KEEPER = (
    *("attempt_record", "disk_full", "output_writer", "process_table"),
    *("script_process", "stream_redactor", "told_secrets"),
)
SHARED = {f"mobius_tui.run.keeper.{name}" for name in KEEPER}
SHARED |= {"mobius_tui.run.keeper", "mobius_tui.run", "mobius_tui"}
"""What the keepers have in common; it imports next to nothing."""
TERMINAL = ("frames", "pty_relay", "terminal_history", "terminal_socket")
KEEPERS = {
    "keeper/keeper.py": {f"mobius_tui.run.keeper.{name}" for name in ("output_pump",)},
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
    assert ours == SHARED | KEEPERS[name]
    assert not loaded & {"asyncio", "json", "subprocess", "typing", "dataclasses"}


def test_the_first_picture_waits_only_for_what_draws_it() -> None:
    """Nor do the screens load what breaks a drill's site."""
    script = """
import sys
import mobius_tui.commands.command_line, mobius_tui.commands.resume
import mobius_tui.tui.main
print(*sys.modules)
import mobius_tui.tui.navigation
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    first, screens = (set(line.split()) for line in done.stdout.splitlines())
    assert not first & {"hashlib", "tomllib", "sqlite3"}
    ours = {name for name in first if name.startswith("mobius_tui.")}
    assert len(ours) < 75
    assert not screens & {"sqlite3", "http.client", "tarfile", "httpx", "psutil"}


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
