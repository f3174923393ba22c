"""The parser of shell scripts.

Text to syntax tree, and walks over it. Pure. What a command does is judged in effects/,
what is wrong with it in script_rules/.
"""
