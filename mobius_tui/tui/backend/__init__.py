"""All that touches Textual's private side, and the terminal.

Input, output, signals. No run and no widget belong here; nothing outside this folder
uses a private name of Textual. `textual_private` lists each name that is used, and why;
each module says what Textual lacks, and what it would need to do without the module.
"""
