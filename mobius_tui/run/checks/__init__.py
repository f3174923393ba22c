"""The kinds of check; and the commands and files that give values and secrets.

A check examines the machine or network once and gives a result. How often and when
checks are made is for `attempts/`.
"""
