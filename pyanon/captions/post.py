"""One request and its answer, bounded in time and size; no redirects, no proxies, no second name look-up."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from pyanon.captions.address import Address
from pyanon.errors import ExtractorError

__all__ = ["LONGEST", "LateError", "UnreachableError", "post"]

#: Bytes of an answer, at most.
LONGEST = 1 << 20


class LateError(Exception):
    """The answer was not whole in time."""


class UnreachableError(Exception):
    """Nobody answered, or the line broke: it may be otherwise in a moment."""


def post(
    place: Address, path: str, body: bytes, *, headers: Mapping[str, str], remote: bool, timeout: float
) -> tuple[int, bytes]:
    """Send a request.

    Args:
        place: Where to.
        path: What is asked for, below the path of the place.
        body: What is sent.
        headers: Headers besides those of every request.
        remote: Whether the body may leave the machine.
        timeout: Seconds for all of it.

    Returns:
        The status and the body of an answer; of any status but 200 no body.

    Raises:
        LateError: It took too long.
        UnreachableError: Nobody answered, or not to the end.
        ExtractorError: The answer is longer than `LONGEST`, or the service is not who it says.
        InputError: The body may not go there.
    """
    until = time.monotonic() + timeout
    with _explained(place), place.connect(remote=remote, timeout=timeout) as line, _hung_up_on(line, until=until):
        # The connection opens none of its own: it would look the name up again.
        connection = http.client.HTTPConnection("localhost")
        connection.auto_open, connection.sock = 0, line
        always = {"Host": place.authority, "Connection": "close"}
        connection.request("POST", place.path + path, body, {**headers, **always})
        response = connection.getresponse()
        data = response.read(LONGEST + 1) if response.status == http.HTTPStatus.OK else b""
    if len(data) > LONGEST:
        raise ExtractorError("the extractor's answer is too long", given=f"more than {LONGEST} bytes", do="use another")
    return response.status, data


@contextmanager
def _explained(place: Address) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise LateError from error
    except ssl.SSLCertVerificationError as error:
        raise ExtractorError("the extractor is not who it says", given=f"{place} ({error.verify_message})") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(getattr(error, "strerror", None) or type(error).__name__) from error


@contextmanager
def _hung_up_on(line: socket.socket, *, until: float) -> Iterator[None]:
    """Ends what is done on a line from outside when time is up: a timeout of a socket begins anew with each byte.

    Raises:
        LateError: It did.
    """
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # that of TLS would say goodbye first, and wait

    alarm = threading.Timer(max(until - time.monotonic(), 0), hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if late.is_set():
            raise LateError from error
        raise
    finally:
        alarm.cancel()
    if late.is_set():  # what was read may be but the beginning
        raise LateError
