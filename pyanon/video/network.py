"""Looking before leaping: whether a server answers, asked in a way that can be given up."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from pyanon.errors import SinkError

__all__ = ["check_reachable"]

_RTSP_PORT = 554


def check_reachable(address: str, *, timeout: float) -> None:
    """Make sure that a server takes connections: libavformat itself would wait for it with the interpreter locked.

    Args:
        address: Where the output goes.
        timeout: Seconds to wait.

    Raises:
        SinkError: It does not answer.
    """
    parts = urlsplit(address)
    # UDP knows no connections, and an address that asks us to listen has no server to look for.
    if parts.scheme.lower() == "udp" or "listen" in parts.query:
        return
    try:
        socket.create_connection((parts.hostname or "", parts.port or _RTSP_PORT), timeout=timeout).close()
    except OSError as error:
        raise SinkError(
            f"the server does not answer ({error.strerror or error})", given=address, do="check that it is running"
        ) from error
