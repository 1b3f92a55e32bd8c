"""What a question asks for, told before anything is searched."""

from __future__ import annotations

from qa.ports import Plan, Planner
from qa.types import Query
from vectorstore import ArticleIndex


class FactPlanner:
    """Reads every question as one for a fact."""

    def plan(self, query: Query) -> Plan:
        """See ``Planner``."""
        return Plan(query, "fact", articles=query.scope)


def load_planner(index: ArticleIndex) -> Planner:
    """The planner for the library ``index``."""
    return FactPlanner()
