"""A run, by floors.

Each folder imports only those below it (see docs/architecture). No module lies beside
the folders; nothing here imports Textual.
"""
