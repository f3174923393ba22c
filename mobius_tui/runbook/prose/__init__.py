"""Texts that people wrote.

Markdown to parts, parts to lines of some width. Pure. How a screen or a report styles
them is not here.
"""
