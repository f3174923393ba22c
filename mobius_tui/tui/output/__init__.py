"""The output pane: a view over the file that a step's output is written to."""
