"""A step on many hosts, from where each stands to what is shown: pure.

What of a run has no hosts does not belong here.
"""
