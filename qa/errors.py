"""What can go wrong while answering. Every message names the thing, the value and the remedy."""

from __future__ import annotations

from language.errors import ArticleQAError


class QAError(ArticleQAError):
    """Base of the errors that people see; only front ends catch it."""


class QuestionError(QAError):
    """The question itself cannot be asked: empty, or far too long."""


class ReaderError(QAError):
    """The reader's files are missing or do not belong together."""


class GeneratorError(QAError):
    """The language model cannot be used: unknown, not installed, or not answering."""


class TestSetError(QAError):
    """A test set cannot be scored: the message names the file, the line and what was expected."""

    __test__ = False  # not a test class, whatever pytest makes of its name
