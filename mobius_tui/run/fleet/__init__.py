"""A step on many hosts: the claim on each, the way there, and the process that asks.

Here is what reaches hosts. Which of them begin when is judged elsewhere.
"""
