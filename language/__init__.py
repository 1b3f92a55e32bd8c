"""What reading, storing and answering share about language: sentences, words, dates, the encoder's graph.

Imports none of them.
"""

import telemetry  # noqa: F401 - first of all: it switches off what would be sent out
