"""The run directory.

Where it is, who may read it, safe opening of its files. Not the journal and what is
read from it: see `journal/` and `records/`.
"""
