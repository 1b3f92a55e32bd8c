"""The base of every error that people see."""

from __future__ import annotations


class ArticleQAError(Exception):
    """What was wrong, which file or value, and what to do, in words for people. Caught by front ends."""
