"""The output pane.

A view over the file that a step's output is written to, and which one it is. Pager and
editor: external/.
"""
