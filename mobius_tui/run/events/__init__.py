"""The events of a run, by subject, and their entry in the journal.

Frozen values without state and I/O; what they change is in `state/`.
"""
