"""The state of a run and the reducers that make it from events.

Pure; no judgement over a runbook (that is `planning/`) and no files.
"""
