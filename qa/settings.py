"""Every default in one frozen object; the only reader of environment variables."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How questions are answered. Each field can be set in the environment as ``ARTICLE_QA_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="ARTICLE_QA_", frozen=True, extra="ignore")

    index: Path = Path("data/index")
    """Folder of the library."""
    embedder: str | None = None
    """sentence-transformers model for a new library; an existing one keeps its own."""
    reader: str | None = None
    """Hugging Face extractive question-answering model, by name or path, in place of our own reader."""
    llm: str | None = None
    """Chat model that writes fuller answers, as ``provider:model``; none by default."""
    llm_base_url: str | None = None
    """Address of an OpenAI-compatible server, for ``openai:`` models that do not run at OpenAI."""
    llm_timeout: float = Field(default=60.0, gt=0)
    """Seconds to wait for the chat model before the reader's answer is given instead."""
    top_k: int = Field(default=10, ge=1, le=100)
    """Passages read for one question."""
    threshold: float | None = Field(default=None, ge=0.0, le=1.0)
    """Answers with a smaller chance of being right become abstentions; the reader's own by default."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of the models; all cores by default."""
    allow_private: bool = False
    """Whether ``article-qa ingest`` may fetch pages from this machine and its network."""
