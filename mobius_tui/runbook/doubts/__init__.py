"""What a valid runbook may still get wrong: a module for each family of rules."""
