"""What a runbook says: the TOML format, its model, its lint and the library."""
