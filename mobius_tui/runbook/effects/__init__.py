"""What scripts do: the judge of effects, and the table of commands that it knows.

Labels of steps are compared with it. It runs nothing, and asks no other program.
"""
