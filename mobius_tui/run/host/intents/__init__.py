"""Handlers of intents, by subject.

What each requires and which events it writes. The messages themselves are in
`run/intents/`.
"""
