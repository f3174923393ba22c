"""Steps on a terminal of their own.

Its keeper's side and the side that attaches to it. Modules of the keeper's side import
the standard library and `keeper/` only.
"""
