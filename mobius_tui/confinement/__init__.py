"""Runs a command where it can write to a few folders alone, and reach no machine.

By namespaces of the user's own, on Linux; the standard library alone. What is refused
there is noted. Which folders, and what of it is told, is the caller's.
"""
