"""Running one attempt at a step: starting, checking and stopping it, and its files.

Whether an attempt may begin is decided in `planning/` and `intents/`.
"""
