"""Full screens and what they share.

Each owns its parts and shows a presenter's values. What opens over them is in dialogs/;
what a command asks and sends is in flows/.
"""
