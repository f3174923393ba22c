"""Carrying an attempt at a step through.

Launching, checking, stopping, its files. Whether it may begin is judged in `planning/`
and `host/intents/`.
"""
