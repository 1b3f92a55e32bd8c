"""Understanding follow-ups: which words of the conversation a question leans on, and the question with them in it.

``load_followups()`` gives a ``qa.ports.Rewriter``. How it was trained, and how well it does: ``docs/questions.md``.
"""

from qa.followups.rewriter import FollowUps, load_followups

__all__ = ["FollowUps", "load_followups"]
