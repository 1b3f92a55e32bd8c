"""Has a Ray cluster do the work of an ingest, and watches it."""

from __future__ import annotations

import logging
import os
import pickle
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import ray
from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]
from ray.data import ActorPoolStrategy, DataContext
from ray.data._internal.execution.execution_callback import ExecutionCallback
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ingest.errors import IngestError
from ingest.on_ray.work import EmbedChunks, Library, LibraryDatasink, Row, Seen, Tally, read_source
from ingest.steps import Known, Taken, take
from ingest.types import Skipped
from language.errors import ArticleQAError
from vectorstore import ArticleIndex, Chunking
from vectorstore.embedder import PRECISIONS, PROVIDERS
from vectorstore.place import Address

SOURCES_A_TASK = 8
MOST_TASKS = 5_000
"""Of each kind in one run; with very many sources each takes more of them."""
READ_CPUS = STORE_CPUS = 0.25
EMBED_CPUS = 0.5
"""What is asked of Ray for one task or actor. Together no more than one core: a cluster of one gets on with all."""
LOOK_SECONDS = 0.5
CONNECT_SECONDS = 10.0
END_SECONDS = 60.0
"""That a run which is ended may take to let go of Ray."""
ANSWER_SECONDS = 600.0
"""For the process that counts, which has to be started first, to say how far all are."""
PATIENCE_SECONDS = 900.0
"""After which a run that does not move is ended. Reading one source may take ten minutes (``SOURCE_SECONDS``)."""
AUTH_MODE = "RAY_AUTH_MODE"
"""Whether Ray shows a token to whom it connects to, and asks for one."""
AGAIN = "what was stored before is kept: run the same command again"

_ending = threading.Event()


class EndWhenAsked(ExecutionCallback):  # type: ignore[misc]
    """Ends Ray's own thread before the connection does: after it, whatever asks Ray for something ends the process."""

    def on_execution_step(self, executor: Any) -> None:
        """For Ray, which calls it several times a second."""
        if _ending.is_set():
            raise IngestError("ended")


class OnRay:
    """Has a Ray cluster read, embed and store: see ``ingest.pipeline.Hands``."""

    def __init__(self, index: ArticleIndex, tell: Any, allow_private: bool, address: str) -> None:
        """``address`` is that of a node of the cluster, ``auto``, or ``local`` for a cluster of this machine alone.

        Connects when there is something to do. Raises IngestError for a library that one process alone writes.
        """
        if not isinstance(index.place, Address):
            raise IngestError(
                f"on Ray many processes write to a library, and {index.place} is a folder, which takes one: give the "
                "address of a database, --index postgresql://…"
            )
        if address.startswith("ray://"):
            raise IngestError(f"{address}: run it on a node of the cluster, and name that node or auto, not a client")
        self.chunks = 0
        self._index = index
        self._library = Library(index.place, index.given_embedder)
        self._tell = tell
        self._allow_private = allow_private
        self._address = address
        self._connected = False
        self._auth_mode: str | None = None
        self._storing: threading.Thread | None = None
        self._done = 0

    def work(self, sources: Sequence[Known]) -> Iterator[Taken]:
        """See ``Hands``; all of it is stored when the first is given."""
        # What is not to be opened costs no task.
        to_open = [known.may_have_changed and not isinstance(known.place, Skipped) for known in sources]
        chunking = self._index.chunking
        taken = {n: take(known, chunking, False) for n, known in enumerate(sources) if not to_open[n]}
        self._done += len(taken)
        rows = [
            {"number": n, "known": pickle.dumps(known)} for n, known in enumerate(sources) if to_open[n]
        ]  # no contents: those are read where they are worked off
        if rows:
            for number, one, embedded in self._run(rows, chunking):
                taken[number] = one
                self.chunks += embedded
            self._done += len(rows)
        for number in range(len(sources)):
            yield taken[number]

    def finish(self) -> None:
        """See ``Hands``."""
        self._tell(self._done, self.chunks, self.chunks, "")

    def close(self) -> None:
        """See ``Hands``: what still runs on the cluster for this is ended."""
        if self._storing is not None:
            _ending.set()
            self._storing.join(END_SECONDS)
            _ending.clear()
        if self._connected:
            ray.shutdown()
            self._restore_auth_mode()

    def _run(self, rows: list[Row], chunking: Chunking) -> list[tuple[int, Taken, int]]:
        try:
            self._connect()
            tally = _tally()
            sink = LibraryDatasink(self._library, tally)
            work = self._stages(rows, chunking, tally)
            self._storing = threading.Thread(target=self._store, args=(work, sink, tally), daemon=True)
            self._storing.start()
            self._watch(self._storing, tally, len(rows))
        except ArticleQAError:
            raise
        except (Exception, SystemExit) as error:  # which is what Ray raises where its connection is lost
            raise self._ended(error) from None  # its cause may quote what stands in the address
        if {number for number, _, _ in sink.done} != {row["number"] for row in rows}:
            raise IngestError(f"the work on Ray ({self._address}) ended before all was done; {AGAIN}")
        return sink.done

    def _connect(self) -> None:
        if ray.is_initialized():  # by the program that calls us: its connection is used, and left as it is
            return
        if self._address not in ("local", "auto"):
            _look_for(self._address)
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        self._connected, self._auth_mode = True, os.environ.get(AUTH_MODE)
        if self._address == "local":
            ray.init("local", include_dashboard=False, **quiet)
        else:
            ray.init(self._address, **quiet)
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what it knows is told by us

    def _restore_auth_mode(self) -> None:
        """Ray has this whole process show tokens once it has made a cluster of its own: on one that knows of none, no
        actor would ever start afterwards."""
        if self._auth_mode is None and os.environ.pop(AUTH_MODE, None) is not None:
            Config.initialize("")  # what it keeps of the environment
            AuthenticationTokenLoader.instance().reset_cache()  # after it: a token that is kept is shown

    def _stages(self, rows: list[Row], chunking: Chunking, tally: Any) -> Any:
        """The dataset of sources, read, cut and embedded; lazy."""
        context = DataContext.get_current().copy()  # of the program that calls us, which is not to change
        context.custom_execution_callback_classes = [*context.custom_execution_callback_classes, EndWhenAsked]
        context.enable_progress_bars = context.print_on_execution_start = False
        resources = ray.cluster_resources()
        cpus, gpus = int(resources.get("CPU", 0)), int(resources.get("GPU", 0))
        model = self._index.embedder_name
        # Our own model runs on CPUs, a provider's elsewhere; PyTorch takes any GPU that it finds.
        takes_gpu = gpus > 0 and model not in PRECISIONS and model.partition(":")[0] not in PROVIDERS
        blocks = min(MOST_TASKS, -(-len(rows) // SOURCES_A_TASK))
        read = {"chunking": chunking, "allow_private": self._allow_private, "tally": tally}
        embed = {"library": self._library, "tally": tally}
        actors = ActorPoolStrategy(min_size=1, max_size=max(1, gpus if takes_gpu else cpus))
        with DataContext.current(context):
            sources = ray.data.from_items(rows, override_num_blocks=blocks)
            return sources.map(read_source, fn_kwargs=read, num_cpus=READ_CPUS).map_batches(
                EmbedChunks,
                fn_constructor_kwargs=embed,
                batch_size=SOURCES_A_TASK,
                compute=actors,
                num_cpus=EMBED_CPUS,
                num_gpus=1 if takes_gpu else None,
            )

    def _store(self, work: Any, sink: LibraryDatasink, tally: Any) -> None:
        """In a thread, so that the one that waits for it can see that nothing moves."""
        try:
            work.write_datasink(sink, ray_remote_args={"num_cpus": STORE_CPUS})
        except Exception as error:
            with suppress(Exception):  # the connection may be gone, and that is known
                tally.failed.remote(self._ended(error))

    def _watch(self, store: threading.Thread, tally: Any, sources: int) -> None:
        """Waits for the end. Raises what keeps it from coming, once there is such, or nothing moves any more."""
        last: Seen | None = None
        moved = time.monotonic()
        at_work = True
        while at_work:
            store.join(LOOK_SECONDS)
            at_work = store.is_alive()
            seen: Seen = ray.get(tally.look.remote(), timeout=ANSWER_SECONDS)
            if seen.failure is not None:
                raise seen.failure
            if seen != last:
                last, moved = seen, time.monotonic()
                self._tell(self._done + seen.stored, min(seen.embedded, seen.cut), seen.cut, seen.source)
            elif time.monotonic() - moved > PATIENCE_SECONDS:
                raise IngestError(
                    f"nothing has moved on Ray ({self._address}) for {PATIENCE_SECONDS:g} seconds: of {sources} "
                    f"sources {seen.read} are read and {seen.stored} stored; its nodes may be busy with something else "
                    f"(ray status); {AGAIN}"
                )

    def _ended(self, error: BaseException) -> IngestError:
        said = str(error).strip().splitlines() or [""]
        told = self._library.place.without_password(said[-1].strip())
        return IngestError(f"the work on Ray ({self._address}) failed ({type(error).__name__}: {told}); {AGAIN}")


def _look_for(address: str) -> None:
    """Raises IngestError where nothing answers: Ray would go on trying for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise IngestError(f"no Ray cluster answers at {address} ({error}); name a node as host:port, or auto") from None


def _tally() -> Any:
    """A tally in a process of its own, on the node where this one is: it lives for as long."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0)(Tally).options(scheduling_strategy=here).remote()
