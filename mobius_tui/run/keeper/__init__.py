"""The keeper: the process between the run's host and a script.

Standard library only. Whatever imports more than that does not belong here.
"""
