"""Runs a command where every packet that would leave the machine is caught, and writes down where each would go.

``unshare --net --mount python tests/isolated.py RECORD COMMAND...``: the command and its children have a network of
their own, in which every address of the world leads back to the loopback device. Nothing answers there, and whatever
is sent passes a socket that sees all packets: what native code sends, too. Needs Linux, and the rights to do so.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

NO_NAMESERVER = "192.0.2.53"
"""An address for documentation, which nobody has: lookups go there, and so are seen."""
TCP, UDP = 6, 17
QUIET_SECONDS = 0.3
"""For the last packets to be seen after the command has ended."""


def main(record: str, *command: str) -> int:
    """Runs ``command``; gives its exit status."""
    _use_no_resolver()
    _open_loopback()
    seen: list[str] = []
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))  # packets of every protocol
    sniffer.bind(("lo", 0))
    threading.Thread(target=_watch, args=(sniffer, seen), daemon=True).start()
    status = subprocess.run(command).returncode
    time.sleep(QUIET_SECONDS)
    Path(record).write_text(json.dumps(list(dict.fromkeys(seen))), encoding="utf-8")
    return status


def _use_no_resolver() -> None:
    """Names are looked up over the network and by no service of the machine, which would do so from outside."""
    for path, text in {
        "/etc/resolv.conf": f"nameserver {NO_NAMESERVER}\n",
        "/etc/nsswitch.conf": "hosts: files dns\n",
    }.items():
        with tempfile.NamedTemporaryFile("w", delete=False) as instead:
            instead.write(text)
        Path(instead.name).chmod(0o644)
        if Path(path).exists():
            subprocess.run(["mount", "--bind", instead.name, os.path.realpath(path)], check=True)


def _open_loopback() -> None:
    """Brings the loopback device up, and makes it the way to every address."""
    lo = socket.if_nametoindex("lo")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        up = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, lo, 1, 1)  # struct ifinfomsg: IFF_UP
        _ask(kernel, 16, 0x5, up)  # RTM_NEWLINK
        for family in (socket.AF_INET, socket.AF_INET6):
            # struct rtmsg: every destination is local (table 255, scope host, type local); RTA_OIF is the device.
            route = struct.pack("=BBBBBBBBIHHI", family, 0, 0, 0, 255, 3, 254, 2, 0, 8, 4, lo)
            _ask(kernel, 24, 0x605, route)  # RTM_NEWROUTE, to be made anew


def _ask(kernel: socket.socket, kind: int, flags: int, body: bytes) -> None:
    """Sends a netlink message and waits for its acknowledgement. Raises OSError where the kernel refuses."""
    kernel.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
    error = struct.unpack_from("=i", kernel.recv(4096), 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


def _watch(sniffer: socket.socket, seen: list[str]) -> None:
    while True:
        packet, (_, _, direction, *_) = sniffer.recvfrom(65535)
        if direction == socket.PACKET_OUTGOING:
            continue  # each packet is seen twice on its way around
        if told := _told(packet):
            seen.append(told)


def _told(packet: bytes) -> str | None:
    """A packet that asks for a name or begins something with another machine, in words; else None."""
    if packet[0] >> 4 == 4:
        protocol, head, target = packet[9], (packet[0] & 15) * 4, packet[16:20]
    else:
        protocol, head, target = packet[6], 40, packet[24:40]
    if protocol not in (TCP, UDP):
        return None
    address = ipaddress.ip_address(target)
    port = struct.unpack_from("!H", packet, head + 2)[0]
    if protocol == UDP and port in (53, 5353):
        return f"lookup of {_name(packet[head + 8 + 12 :])}"
    if protocol == TCP and packet[head + 13] & 0x12 != 0x02:
        return None  # not the packet that opens a connection
    if address.is_loopback and port != 53:
        return None
    return f"{'connection' if protocol == TCP else 'datagram'} to {address} port {port}"


def _name(question: bytes) -> str:
    """The name in the question section of a DNS message."""
    labels = []
    while question and question[0]:
        labels.append(question[1 : question[0] + 1].decode("latin-1"))
        question = question[question[0] + 1 :]
    return ".".join(labels)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
