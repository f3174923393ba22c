"""Commands on a runbook's file: to write, check, upgrade and compare it."""
