"""Runbooks as files.

Finding, loading, checking, copying and creating them. Reading of keys is in decode/,
rules are in lint/.
"""
