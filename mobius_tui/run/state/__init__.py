"""The state of a run, and the reducers that make it from events. Pure.

No decisions over a runbook (those are in `planning/`) and no files.
"""
