"""Pure decisions over a runbook and its run: what is next, allowed, and why.

No clock, and no I/O but for `read_answers_file`; acting on a decision is for `host/`.
"""
