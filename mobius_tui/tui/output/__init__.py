"""The output pane.

A view over the file that a step's output is written to. Which output is shown is for
presenters/output_choice; pager and editor: external/.
"""
