"""The table of commands, and the modules that execute them."""

from __future__ import annotations

from importlib import import_module

from mobius_tui.commands.command_arguments import COMMANDS
from mobius_tui.commands.command_line import build_parser, command_module
from mobius_tui.commands.past_runs.past_run_options import REPORT_FORMATS
from mobius_tui.commands.past_runs.report import RENDERERS
from tests.table import each_row


@each_row("command", [*COMMANDS, "library"])
def test_each_command_has_a_module_that_executes_it(command: str) -> None:
    assert callable(import_module(command_module(command)).do)


def test_each_format_of_a_report_has_its_renderer() -> None:
    assert tuple(RENDERERS) == REPORT_FORMATS


def test_a_demo_is_a_drill_whose_choices_are_made() -> None:
    """Both start in the same way, so that each option of a drill must be there."""
    words = (["demo"], ["drill", "--fault", "bad-release"])
    demo, drill = (vars(build_parser(each).parse_args(each)) for each in words)
    only_led = {"inject", "inject_cmd", "worsen", "heal", "hint", "matrix"}
    places = {"profile", "workdir", "command"}
    assert demo.items() <= {**drill, "command": "demo"}.items()
    assert drill.keys() - demo.keys() == (only_led | places) - {"command"}
