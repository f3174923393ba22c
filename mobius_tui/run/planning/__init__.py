"""Pure decisions over a runbook and its run's state: what is next, allowed, and why.

No I/O and no clock; acting on a decision is for `host/`.
"""
