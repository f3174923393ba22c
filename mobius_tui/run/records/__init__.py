"""What a run came to.

Its record, the seals on that, a summary, and verification. Written when a run ends;
what is live is in `journal/` and `host/`.
"""
