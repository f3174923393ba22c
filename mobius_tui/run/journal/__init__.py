"""The journal: writing, following and describing it, and an outage's times in it.

Records and verification of ended runs are in `records/`.
"""
