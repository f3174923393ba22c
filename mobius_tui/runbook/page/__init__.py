"""Import.

From a Markdown page to the TOML of a runbook, and their later differences. Showing
Markdown is in prose/.
"""
