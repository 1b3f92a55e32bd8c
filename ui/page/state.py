"""What a page keeps beside its library: in the library's folder, or, for a library in a database, in that database.

With a database a replica of the page keeps nothing of its own: any of them can be killed, and another goes on.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from ui.history import History
from ui.history.shared import SharedTables
from ui.page.logins import LocalLogOuts, LogOuts, SharedLogOuts
from ui.page.uploads import FolderUploads, SharedUploads, Uploads
from ui.shared import cookie_secret, open_page_database
from vectorstore import ArticleIndex, StoreReadOnly
from vectorstore.place import Address


@dataclass(frozen=True)
class State:
    """What outlasts a request."""

    history: History
    """Conversations and feedback."""
    uploads: Uploads
    """The files that were dropped on the page."""
    secret: bytes
    """What the cookies of those who log in are signed with."""
    log_outs: LogOuts
    """When who logged out."""

    def close(self) -> None:
        """Lets go of files and connections."""
        self.history.close()


def open_state(index: ArticleIndex) -> State:
    """What is kept beside ``index``.

    Where a database may not be written it is kept on this machine, conversations in memory. Raises StoreError for what
    another version wrote, and where a server cannot be reached.
    """
    if isinstance(index.place, Address):
        try:
            database = open_page_database(index.place)
        except StoreReadOnly:
            pass  # the history says so
        else:
            try:
                secret, log_outs = cookie_secret(database), SharedLogOuts(database)
            except BaseException:
                database.close()
                raise
            return State(History(SharedTables(database)), SharedUploads(database, index), secret, log_outs)
    # Logins end with the process, as its secret does.
    return State(History.open(index.place), FolderUploads(index), secrets.token_bytes(32), LocalLogOuts())
