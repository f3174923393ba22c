"""From a command to an intent.

Which dialogs are opened on the way. No widget is touched here; the dialogs themselves
are in dialogs/.
"""
