"""A stand-in for the server of a language model: what it was asked, and answers played in order, faults included."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: What is done with a request.
Answer = Callable[["_Answers"], None]


@dataclass
class StandIn:
    """The server."""

    #: Played in order; the last one for ever.
    answers: list[Answer] = field(default_factory=list)
    #: Path, headers and body of each request.
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    address: str = ""
    #: Set when the test is over, for those who would wait for ever.
    over: threading.Event = field(default_factory=threading.Event)


def says(content: object, *, status: int = 200, finish: str | None = "stop") -> Answer:
    """A completion with this content; what is no text is sent as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return sends(json.dumps({"object": "chat.completion", "choices": [choice]}).encode(), status=status)


def names(*spans: tuple[str, str]) -> Answer:
    """A completion that names these quotes and kinds."""
    return says({"spans": [{"quote": quote, "kind": kind} for quote, kind in spans]})


def sends(body: bytes, *, status: int = 200, **headers: str) -> Answer:
    """An answer with this body."""

    def answer(request: _Answers) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def hangs(request: _Answers) -> None:
    """Never answers."""
    request.stand_in.over.wait()


def drips(request: _Answers) -> None:
    """Sends a byte now and then, for ever, and never says how many there will be."""
    request.send_response(200)
    request.end_headers()
    while not request.stand_in.over.wait(0.05):
        request.wfile.write(b" ")
        request.wfile.flush()


def hangs_up(request: _Answers) -> None:
    """Closes the connection."""
    request.close_connection = True


class _Answers(BaseHTTPRequestHandler):
    stand_in: StandIn

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        hub = self.stand_in
        hub.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answer = hub.answers.pop(0) if len(hub.answers) > 1 else hub.answers[0]
        answer(self)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the caller had enough
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Says nothing."""

    def address_string(self) -> str:
        return "somebody"  # a socket in the file system has no address


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that hang up are what is tested."""


class _FileServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def model_stand_in(*answers: Answer, file: Path | None = None, tls: ssl.SSLContext | None = None) -> Iterator[StandIn]:
    """Runs a server for as long as it is needed, on a port of this machine or at a socket in the file system."""
    stand_in = StandIn(list(answers))
    bound = type("Bound", (_Answers,), {"stand_in": stand_in})
    server: socketserver.BaseServer
    if file is not None:
        server, stand_in.address = _FileServer(str(file), bound), f"unix:{file}"
    else:
        server = listening = _Threads(("127.0.0.1", 0), bound)
        if tls is not None:
            listening.socket = tls.wrap_socket(listening.socket, server_side=True)
        stand_in.address = f"{'https' if tls else 'http'}://localhost:{listening.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        stand_in.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
