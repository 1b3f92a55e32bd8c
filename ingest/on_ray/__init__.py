"""Sources read, embedded and stored by the processes of a Ray cluster. The only home of Ray.

Each source is one row of a Ray dataset: tasks read and cut it, actors embed its chunks, tasks store it, in transactions
of its own. What is stored is all that is remembered: who runs the same command again, after whatever ended the last
one, goes on with the sources that the library does not have yet. A node that dies takes nothing with it: Ray has its
rows worked off again elsewhere, and what was stored already is found to be so.
"""

from __future__ import annotations

import os

from ingest.errors import IngestError

# Else what is left of a run that was ended, in a thread of Ray's, would begin a cluster of its own.
os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"
try:
    import ray.data  # noqa: F401
except ImportError as error:
    raise IngestError(
        "the work can only be done on Ray where Ray is installed: pip install 'article-qa[ray,shared]' "
        "(in the project's folder: make setup EXTRAS='ray shared')"
    ) from error
