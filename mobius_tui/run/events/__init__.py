"""What can happen in a run.

Frozen events by subject, the union of them, their entry in the journal. No state and no
I/O: what events change is in `state/`.
"""
