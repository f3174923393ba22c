"""What earlier versions wrote, and how they took what is hostile: see `lines.py`."""
