"""What screens own: objects that each carry one duty of a screen, and are no widgets.

What Textual finds by class (bindings, actions, handlers) stays on the screen.
"""
