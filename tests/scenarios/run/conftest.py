"""Runs for the scenarios."""

from tests.run.conftest import begin as begin
