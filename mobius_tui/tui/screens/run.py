"""The run screen: a viewer of one run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial
from time import monotonic, time
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from mobius_tui.errors import MobiusError, RunError
from mobius_tui.run.attempt import last_line
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.intents import Intent, Reply
from mobius_tui.run.state import BAD, Status
from mobius_tui.run.viewer import Viewer
from mobius_tui.runbook.model import Run, Runbook
from mobius_tui.tui import offers
from mobius_tui.tui.commands import Place, bindings
from mobius_tui.tui.flows import FLOWS, Flow
from mobius_tui.tui.health_view import HealthView, look_at
from mobius_tui.tui.messages import Answered, OutputGrew, RunChanged
from mobius_tui.tui.output.pane import OutputPane
from mobius_tui.tui.screens.card import EndCard, ReturnCard
from mobius_tui.tui.screens.leave import LeaveDialog
from mobius_tui.tui.screens.page import Page
from mobius_tui.tui.view import RunView, look
from mobius_tui.tui.widgets.checklist import Checklist
from mobius_tui.tui.widgets.detail import DetailPane
from mobius_tui.tui.widgets.header import RunHeader
from mobius_tui.tui.widgets.health import HealthPanel
from mobius_tui.tui.widgets.key_bar import KeyBar
from mobius_tui.tui.widgets.next_line import NextLine

OUTPUT_BEAT = 0.05
"""Seconds between looks at the output of a running step."""

Resume = Callable[[RunDirectory, Runbook], Awaitable[None]]
"""Starts a host for a run that has none."""
