"""Runs for the scenarios of the host."""

from tests.run.conftest import begin as begin
