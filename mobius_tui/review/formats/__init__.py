"""A report written as HTML, Markdown, JSON or JUnit.

Pure functions of `RunReport`. What a report says lies in `review`, not here.
"""
