"""What a question asks for, told before anything is searched."""

from __future__ import annotations

from qa.planner.planner import LearnedPlanner
from qa.ports import Planner
from vectorstore import ArticleIndex

__all__ = ["LearnedPlanner", "load_planner"]


def load_planner(index: ArticleIndex, threads: int | None = None) -> Planner:
    """The planner for the library ``index``; ``threads`` is how many an embedding model of its own may use."""
    return LearnedPlanner(index, threads=threads)
