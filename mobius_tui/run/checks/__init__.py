"""The kinds of check: each looks at the world once and says what it saw."""
