"""From a Markdown page to a runbook: what it says, in the words that it has."""
