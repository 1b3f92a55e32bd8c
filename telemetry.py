"""Switches off what the libraries underneath would tell their makers. Importing this module is all there is to it.

Each package of this project imports it before anything else, for the variables are read when a library is loaded,
and child processes inherit them. They are set whatever they were: nothing here is sent out because of a variable that
was meant for another program.
"""

from __future__ import annotations

import os
import sys

OFF = {
    # onnxruntime sends its events by native code, and its variable alone keeps it from making an id for the machine.
    "ORT_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",  # chromadb
    "GRADIO_ANALYTICS_ENABLED": "False",
    "RAY_USAGE_STATS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, and what builds on it
    "DO_NOT_TRACK": "1",  # any other that keeps to the custom
}
"""The variables that switch telemetry off, with the value that does."""

os.environ.update(OFF)
if "onnxruntime" in sys.modules:  # the program that imports us loaded it first: what can still be stopped is stopped
    sys.modules["onnxruntime"].disable_telemetry_events()
