"""Programs outside the screens.

An editor, a pager, a step's own terminal, files. How the screens go and come back is in
backend/full_screens.
"""
