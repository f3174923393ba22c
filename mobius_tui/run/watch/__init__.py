"""The watch over a run's health: monitor, triggers, countdown, the watch command.

`watch` steps are attempts: see `attempts/watch_attempt`.
"""
