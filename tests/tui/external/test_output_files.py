"""Signals that come while a pager is open, or is just being begun."""

from __future__ import annotations

import signal

import pytest

from mobius_tui.errors import EXIT_INTERRUPTED
from mobius_tui.tui.external.output_files import _termination_signals


def test_a_signal_while_the_pager_is_begun_ends_it_as_soon_as_it_can() -> None:
    with _termination_signals() as told:
        signal.raise_signal(signal.SIGHUP)  # nobody could end the pager yet
        with pytest.raises(SystemExit) as left:
            told.raise_pending()
    assert left.value.code == EXIT_INTERRUPTED
    assert told.number == signal.SIGHUP


def test_only_the_first_signal_raises_so_that_the_ending_is_not_cut_short() -> None:
    with _termination_signals() as told:
        told.raise_pending()
        with pytest.raises(SystemExit):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
    assert told.number == signal.SIGTERM
