"""Runbooks as files.

Finding, loading, checking, copying, a new one. Nothing here reads single keys or rules.
"""
