"""The registry of commands, by place.

Keys, words in the footer, help and palette. What a command does is in flows/ and
screens/, whether it applies in presenters/.
"""
