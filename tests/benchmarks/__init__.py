"""Benchmarks: ratios to a floor, both taken in one run.

`python -m tests.benchmarks` prints each figure beside its limit, and exits 1 when one
is over it. They are no tests: no test fails because a machine was slow.
"""
