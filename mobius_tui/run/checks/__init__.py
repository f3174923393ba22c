"""The kinds of check.

Each examines the machine or network once and gives a result. How often and when they
are made is for `attempts/`.
"""
