"""The watch over a run's health.

Monitor, triggers, countdown, the watch command. `watch` steps are attempts
(`attempts/watch_attempt`).
"""
