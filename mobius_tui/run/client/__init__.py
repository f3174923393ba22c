"""The client's side of a run: briefing, starting, viewing.

No screens (`tui/`) and nothing that decides for a run (`host/`).
"""
