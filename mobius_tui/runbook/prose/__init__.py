"""The texts that people wrote: what Markdown means in them, and what they show."""
