"""What several commands share, or what is too long for the module of its command."""
