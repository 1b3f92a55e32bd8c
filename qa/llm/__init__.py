"""Answers written by a language model, held to words that it quotes from the articles."""

from qa.llm.model import LanguageModel
from qa.llm.providers import recipient_of
from qa.llm.rewriter import ModelRewriter
from qa.llm.writer import GroundedWriter

__all__ = ["GroundedWriter", "LanguageModel", "ModelRewriter", "recipient_of"]
