"""Judging stored answers again."""
