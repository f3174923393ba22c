"""The process between host and script, and what it is made of.

Standard library only. Whatever imports more than that does not belong here.
"""
