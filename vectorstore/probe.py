"""``python -m vectorstore.probe FOLDER RECORD EMBEDDER DIMENSION`` tries a vector index, and may crash."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from vectorstore.chroma import ChromaIndex
from vectorstore.comparison import compare
from vectorstore.record import Record


def main() -> None:
    """Prints the comparison as JSON; any failure ends the process."""
    folder, path, embedder, dimension = sys.argv[1:]
    index = ChromaIndex(Path(folder), {"embedder": embedder, "dimension": dimension})
    compared = compare(index, Record(Path(path), writable=False))
    index.close()
    print(json.dumps(asdict(compared)))  # noqa: T201


if __name__ == "__main__":
    main()
