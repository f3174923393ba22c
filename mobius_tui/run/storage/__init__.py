"""The run directory: where it is, who may read it, and opening its files safely.

Not the journal, nor what is read from it: see `journal/` and `records/`.
"""
