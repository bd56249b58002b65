"""Where an endpoint is, and whether a caption may go there."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from pyanon.errors import InputError

__all__ = ["Address"]

_FORMS = "http://HOST:PORT/v1, https://HOST/v1 or unix:/PATH/TO/SOCKET"


@dataclass(frozen=True)
class Address:
    """The address of a service.

    Attributes:
        host: Its name or number; empty for a socket of this machine.
        port: Its port.
        path: Where the service begins, without a slash at its end.
        secure: Whether it is spoken to by TLS.
        file: The socket of this machine, or empty.
    """

    host: str
    port: int
    path: str
    secure: bool = False
    file: str = ""

    @classmethod
    def of(cls, text: str) -> Address:
        """Read an address.

        Args:
            text: ``http://HOST:PORT/PATH``, ``https://...``, or ``unix:/SOCKET``, which is asked at ``/v1``, or
                ``unix:/SOCKET:/PATH``.

        Raises:
            InputError: It is none, or carries a password, a query or a fragment.
        """
        if text.startswith("unix:/"):
            file, _, path = text[len("unix:") :].partition(":")
            return cls(host="", port=0, path=(path or "/v1").rstrip("/"), file=file)
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise _no_address(text) from error
        strange = parts.username is not None or parts.query or parts.fragment or not text.isascii()
        if parts.scheme not in {"http", "https"} or not host or strange or not text.isprintable() or " " in text:
            # A password in an address would be shown here, and in every error.
            raise _no_address(text if parts.username is None else "an address with a user or password in it")
        secure = parts.scheme == "https"
        return cls(host=host, port=port or (443 if secure else 80), path=parts.path.rstrip("/"), secure=secure)

    def __str__(self) -> str:
        if self.file:
            return f"unix:{self.file}:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.path}"

    @property
    def authority(self) -> str:
        """What an HTTP request calls the service."""
        return str(self).split("/")[2] if self.host else "localhost"

    def resolved(self, *, remote: bool) -> tuple[str, ...]:
        """The numbers behind the name, each of which a caption may go to.

        Args:
            remote: Whether captions may leave the machine.

        Raises:
            InputError: One of them is not this machine, and nothing may leave it; or what leaves would be readable by
                all who pass it on.
            OSError: The name is not known.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except UnicodeError as error:  # a name that cannot be one
            raise OSError(str(error)) from error
        numbers = tuple(dict.fromkeys(str(each[4][0]) for each in found))
        for number in map(ipaddress.ip_address, numbers):
            if number.is_loopback:
                continue
            if not remote:
                raise InputError(
                    "this extractor is not on this machine",
                    given=f"{self}, which is {number}",
                    expected="an address of this machine, because captions do not leave it unless you say so",
                    do="run the model here, or allow it with remote=True (--extractor-remote)",
                )
            if not self.secure and not number.is_private:
                raise InputError(
                    "captions would cross the internet unencrypted",
                    given=f"{self}, which is {number}",
                    expected="https",
                )
        return numbers

    def connect(self, *, remote: bool, timeout: float) -> socket.socket:
        """A connection, to a number that was checked: names may mean something else a moment later.

        Args:
            remote: Whether captions may leave the machine.
            timeout: Seconds it may take; also of each step on the connection later.

        Raises:
            InputError: A caption may not go there.
            OSError: Nobody answers, or not as whom they say they are.
        """
        if self.file:
            return _unix(self.file, timeout)
        until, last = time.monotonic() + timeout, OSError("no address")
        for number in self.resolved(remote=remote):
            left = max(until - time.monotonic(), 0.001)
            try:
                line = socket.create_connection((number, self.port), timeout=left)
            except OSError as error:
                last = error
            else:
                return self._secured(line)
        raise last

    def _secured(self, line: socket.socket) -> socket.socket:
        if not self.secure:
            return line
        try:
            return ssl.create_default_context().wrap_socket(line, server_hostname=self.host)
        except OSError:
            line.close()
            raise


def _unix(file: str, timeout: float) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(timeout)
    try:
        line.connect(file)
    except OSError:
        line.close()
        raise
    return line


def _no_address(text: str) -> InputError:
    return InputError("this is no address of an extractor", given=repr(text), expected=_FORMS)
