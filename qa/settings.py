"""Every default in one frozen object; the only reader of environment variables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from vectorstore.place import Address, library_place


class Settings(BaseSettings):
    """How questions are answered. Each field can be set in the environment as ``ARTICLE_QA_<NAME>``."""

    model_config = SettingsConfigDict(
        env_prefix="ARTICLE_QA_",
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
        arbitrary_types_allowed=True,
    )

    index: Annotated[Path | Address, BeforeValidator(library_place)] = Path("data/index")
    """Folder of the library, or the `postgresql://` address of a database."""
    embedder: str | None = None
    """Embedding model of a new library: sentence-transformers' or a provider's, `ollama:bge-m3`; by default MiniLM."""
    reader: str | None = None
    """Hugging Face extractive reader, by name or path; by default our own."""
    second_reading: bool = True
    """Whether a larger reader reads the best passages again: more answers are right, and each takes 0.4 s longer."""
    llm: str | None = None
    """Chat model that writes fuller answers, as `provider:model`; by default none."""
    llm_base_url: str | None = None
    """OpenAI-compatible server of an `openai:` model; by default the provider's."""
    llm_timeout: float = Field(default=60.0, gt=0)
    """Seconds to wait for the chat model before the reader's answer is given instead."""
    top_k: int = Field(default=10, ge=1, le=100)
    """Passages read for a question."""
    threshold: float | None = Field(default=None, ge=0.0, le=1.0)
    """Least chance of being right an answer must have; by default stored with the reader."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of the models; by default all cores that the process may use."""
    allow_private: bool = False
    """Whether `article-qa ingest` may fetch pages of this machine and its network."""
