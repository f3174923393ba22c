"""A step on many hosts: claims on hosts, ssh transport, and the fleet process.

Everything that connects to hosts. Which of them begin when is decided in `rollout/`.
"""
