"""Models that are built once on a machine, from weights that are smaller or of another form, and kept in the user's
cache."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from language.passes import Passes

logger = logging.getLogger(__name__)


def loaded(name: str, build: Callable[[], bytes], threads: int | None) -> Passes:
    """The model that is cached as ``name``, an ONNX file; made by ``build`` where there is none yet, and again where
    it was cut off. Where nothing can be kept it is made in memory. Raises what ``build`` raises."""
    folders = [folder for folder in _folders() if _is_ours(folder)]
    for path in (folder / name for folder in folders):
        if not path.is_file():
            continue
        try:
            return Passes(path, threads)
        except Exception as error:  # onnxruntime's errors have no base of their own
            logger.warning("the cached model %s cannot be loaded (%s); making it again", path, error)
    logger.info("making %s, once on this machine", name)
    model = build()
    for folder in folders:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                beside = Path(scratch) / name
                beside.write_bytes(model)
                # Moved into place whole: another process never sees half a model.
                return Passes(beside.replace(folder / name), threads)
        except OSError as error:
            logger.warning("%s cannot be kept in %s: %s", name, folder, error)
    return Passes(model, threads)


def _folders() -> list[Path]:
    user = platformdirs.user_cache_path("article-qa", appauthor=False)
    # The second is for service accounts without a home; its name is theirs alone.
    return [user, Path(tempfile.gettempdir()) / f"article-qa-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"]


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can have put a model there: folders for temporary files are everybody's."""
    if not hasattr(os, "getuid") or not folder.exists():
        return True
    return folder.stat().st_uid in (os.getuid(), 0)
