"""Probes, what their results amount to, triggers, and samples of the machine.

What a run does with them is in run/watch/.
"""
