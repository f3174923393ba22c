"""The side of whoever starts, sees or controls a run.

Briefing, starting, viewing. No screens (`tui/`) and nothing that decides for a run
(`host/`).
"""
