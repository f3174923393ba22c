"""Pure judgement over a runbook and the state of its run.

What is next, allowed, meant. No I/O, no clock, no host; acting on a judgement is for
`host/`.
"""
