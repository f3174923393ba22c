"""The journal.

Writing, following, describing it, and the times of an outage in it. Records and
verification of ended runs are in `records/`.
"""
