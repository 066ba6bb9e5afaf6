"""Probewright proof-tests language models before they ship."""

__version__ = "0.1.0"
