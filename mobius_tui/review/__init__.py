"""Reviewing a run.

Reading it back, its timeline, annotations, report and statistics. No screens; how a
report is written down lies in `formats`.
"""
