"""What opens over a full screen and asks or shows one thing.

Full screens are in screens/; which dialog a command opens is decided in flows/.
"""
