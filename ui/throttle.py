"""How often a password may be guessed: a few times freely, then with waits that double."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_TRIES = 5
"""Wrong passwords before one has to wait; people mistype."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds. The longest is short, for whoever guesses under a person's name keeps that person waiting as well."""
FORGOTTEN_AFTER = 3600.0
"""Seconds without a wrong password after which the count begins anew."""
MOST_REMEMBERED = 10_000
"""Names and addresses; the oldest are forgotten first, so that nobody fills the memory with made-up ones."""


@dataclass(frozen=True)
class _Record:
    failures: int
    last: float


class Throttle:
    """Counts failures under keys, such as an address or a name. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, *keys: str) -> float:
        """Seconds until the next try under all of ``keys`` may be made; 0 for now."""
        with self._lock:
            now = self._clock()
            return max((self._wait(self._records.get(key), now) for key in keys), default=0.0)

    def failed(self, *keys: str) -> None:
        """Counts a failure under each of ``keys``."""
        with self._lock:
            now = self._clock()
            for key in keys:
                before = self._records.pop(key, None)
                failures = before.failures if before and now - before.last < FORGOTTEN_AFTER else 0
                self._records[key] = _Record(failures + 1, now)
            while len(self._records) > MOST_REMEMBERED:
                self._records.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forgets the failures under ``key``."""
        with self._lock:
            self._records.pop(key, None)

    @staticmethod
    def _wait(record: _Record | None, now: float) -> float:
        if record is None or record.failures < FREE_TRIES or now - record.last >= FORGOTTEN_AFTER:
            return 0.0
        doubled = FIRST_WAIT * 2.0 ** min(record.failures - FREE_TRIES, 30)
        return max(0.0, record.last + min(doubled, LONGEST_WAIT) - now)


def name_key(name: str) -> str:
    """The key of a name that somebody would log in with."""
    return f"name:{name.strip()[:200]}"


def address_key(address: str) -> str:
    """The key of the address that a request comes from: of IPv6 the network, since whoever has one has many."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"address:{address[:200]}"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return f"address:{ipaddress.ip_network((int(parsed), 64), strict=False)}"
    return f"address:{parsed}"
