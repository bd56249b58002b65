"""A stand-in for the model hub: what huggingface_hub asks of it, on a port of this machine, with faults on request."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@dataclass
class Repository:
    """What a repository holds at its one commit; a path among `large` is in the large file storage."""

    files: dict[str, bytes]
    large: set[str] = field(default_factory=set)
    commit: str = "c0ffee" + "0" * 34
    licence: str = "mit"


@dataclass
class StandIn:
    """The hub: its repositories, its faults, and what it was asked."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    #: (status, X-Error-Code) that a repository's every address answers with.
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: Bytes of the body after which the connection is cut, for each of the next downloads.
    cuts: list[int] = field(default_factory=list)
    #: What is sent in place of a file's own bytes.
    tampered: dict[str, bytes] = field(default_factory=dict)
    #: Token that it wants to see.
    token: str = ""
    #: Method, path and Range of each request.
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    #: What callers said of themselves.
    agents: set[str] = field(default_factory=set)
    address: str = ""

    def downloads(self) -> list[tuple[str, str]]:
        """Path and Range of each file that was asked for."""
        return [(path.rpartition("/")[2], part) for method, path, part in self.asked if "/resolve/" in path]


@contextmanager
def hub_stand_in() -> Iterator[StandIn]:
    """Runs a hub for as long as it is needed."""
    hub = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Answers,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answers(BaseHTTPRequestHandler):
    hub: StandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        self.hub.agents.add(self.headers.get("User-Agent", ""))
        repo = next((name for name in {**self.hub.repositories, **self.hub.refused} if f"/{name}/" in f"{path}/"), "")
        if self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self._refuse(401, "")
        elif repo in self.hub.refused:
            self._refuse(*self.hub.refused[repo])
        elif not repo:
            self._refuse(404, "RepoNotFound")
        elif path.startswith("/api/models/"):
            self._describe(self.hub.repositories[repo], path.partition("/revision/")[2], repo)
        else:
            revision, _, file = path.partition("/resolve/")[2].partition("/")
            self._serve(self.hub.repositories[repo], revision, file)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

    def _describe(self, repository: Repository, revision: str, repo: str) -> None:
        if revision not in {"", "main", repository.commit}:
            self._refuse(404, "RevisionNotFound")
            return
        siblings = []
        for path, data in repository.files.items():
            row: dict[str, object] = {"rfilename": path, "size": len(data), "blobId": "0" * 40}
            if path in repository.large:
                sha256 = hashlib.sha256(data).hexdigest()
                row["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 134}
            siblings.append(row)
        said = {
            "id": repo,
            "sha": repository.commit,
            "siblings": siblings,
            "tags": [],
            "downloads": 0,
            "private": False,
        }
        self._send(json.dumps(said).encode(), {"Content-Type": "application/json"})

    def _serve(self, repository: Repository, revision: str, file: str) -> None:
        if revision != repository.commit:
            self._refuse(404, "RevisionNotFound")
            return
        if file not in repository.files:
            self._refuse(404, "EntryNotFound")
            return
        data = self.hub.tampered.get(file, repository.files[file])
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if start >= len(data) > 0:
            self._refuse(416, "")
            return
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": repository.commit}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self._send(
            data[start:], headers, status=206 if start else 200, cut=self.hub.cuts.pop(0) if self.hub.cuts else -1
        )

    def _send(self, body: bytes, headers: dict[str, str], *, status: int = 200, cut: int = -1) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body if cut < 0 else body[:cut])
        self.close_connection = self.close_connection or cut >= 0

    def _refuse(self, status: int, code: str) -> None:
        body = json.dumps({"error": "no"}).encode()
        self._send(body, {"X-Error-Code": code} if code else {}, status=status)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
