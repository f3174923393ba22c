"""All that touches Textual's private side, and the terminal.

Input, output, signals. No run, no widget; nothing outside this folder uses a private
name of Textual.
"""
