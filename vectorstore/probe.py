"""``python -m vectorstore.probe FOLDER EMBEDDER DIMENSION`` tries a vector index and may crash: that is its use."""

from __future__ import annotations

import sys
from pathlib import Path

from vectorstore.chroma import ChromaIndex


def main() -> None:
    """Opens the index, reads every id and asks for neighbours; any failure ends the process with an error."""
    folder, embedder, dimension = sys.argv[1:]
    index = ChromaIndex(Path(folder), {"embedder": embedder, "dimension": dimension})
    index.ids()
    index.query([1.0] + [0.0] * (int(dimension) - 1), top_k=10)
    index.close()


if __name__ == "__main__":
    main()
