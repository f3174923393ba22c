"""The record of an ended run, the seals on it, a summary, and verification.

Live runs are in `journal/` and `host/`.
"""
