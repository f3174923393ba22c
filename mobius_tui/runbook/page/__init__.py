"""Import of Markdown pages: from a page to the TOML of a runbook.

And the later differences between the two. Showing Markdown is in `prose/`.
"""
