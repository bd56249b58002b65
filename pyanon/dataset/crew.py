"""Workers: this process, or several others, each with networks of its own and one job at a time.

A worker that dies takes one job with it, which fails, and another one takes its place. Jobs and replies go as JSON;
only how a worker starts is pickled, by multiprocessing, and nothing that was read from a file ever is.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from pyanon import errors
from pyanon.dataset.work import Job, Opening, Reply, as_data, treat
from pyanon.errors import PyanonError, RunnerError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

__all__ = ["Crew", "crew_of"]

#: Libraries that would each start a thread for every core, in every worker.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PATIENCE = 5.0


class Crew(Protocol):
    """Does jobs."""

    def run(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, Reply]]:
        """Do jobs; they are asked for one by one, as workers become free.

        Args:
            jobs: The jobs.

        Yields:
            Each job and what became of it, in the order in which they are done.
        """


@contextmanager
def crew_of(opening: Opening, workers: int) -> Iterator[Crew]:
    """Workers for as long as they are needed.

    Args:
        opening: How each gets its tools.
        workers: How many; 1 is this process.

    Raises:
        PackError: The pack is missing, malformed or tampered with, or cannot do what the policy asks for.
        RunnerError: A network cannot be run on this machine; or processes cannot be started.
    """
    if workers == 1:
        yield _Alone(opening)
        return
    crew = _Many(opening, workers)
    try:
        yield crew
    finally:
        crew.close()


class _Alone:
    """This process."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening

    def run(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, Reply]]:
        tools = self._opening.open()
        try:
            for job in jobs:
                yield job, treat(job, tools)
        finally:
            tools.close()


class _Worker:
    """Another process, and the job it has."""

    def __init__(self, opening: Opening) -> None:
        from multiprocessing import get_context

        spawn = get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process: SpawnProcess = spawn.Process(target=_serve, args=(theirs, opening), daemon=True)
        self.job: Job | None = None
        try:
            self._process.start()
        except OSError as error:
            raise RunnerError("a worker cannot be started", given=str(error), do="ask for fewer workers") from error
        theirs.close()

    @property
    def pipe(self) -> Connection:
        return self._pipe

    def await_ready(self) -> None:
        try:
            answer = json.loads(self._pipe.recv_bytes())
        except (EOFError, OSError) as error:
            raise RunnerError(
                "a worker ended while it opened its networks",
                do="see what it said above; in a script of yours, call this below: if __name__ == '__main__':",
            ) from error
        if answer is not None:
            raise _rebuilt(answer)

    def give(self, job: Job) -> None:
        self.job = job
        with suppress(OSError):  # it has died: that shows when its answer is read
            self._pipe.send_bytes(json.dumps(as_data(job)).encode())

    def take(self) -> Reply | None:
        """The answer; None: it has died."""
        self.job = None
        try:
            return Reply(**json.loads(self._pipe.recv_bytes()))
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        self._pipe.close()
        if self.job is not None:
            self._process.terminate()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


class _Many:
    """Several other processes."""

    def __init__(self, opening: Opening, count: int) -> None:
        self._opening, self._workers = opening, list[_Worker]()
        try:
            for _ in range(count):
                self._workers.append(_Worker(opening))
            for worker in self._workers:
                worker.await_ready()
        except BaseException:
            self.close()
            raise

    def run(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, Reply]]:
        from multiprocessing.connection import wait

        while True:
            for worker in self._workers:
                if worker.job is None and (job := next(jobs, None)) is not None:
                    worker.give(job)
            busy = {worker.pipe: worker for worker in self._workers if worker.job is not None}
            if not busy:
                return
            for pipe in wait(list(busy)):
                yield self._taken(busy[pipe])  # type: ignore[index]

    def _taken(self, worker: _Worker) -> tuple[Job, Reply]:
        job, reply = worker.job, worker.take()
        if job is None:
            raise RuntimeError("a worker without a job has answered")
        if reply is None:
            self._replace(worker)
            reply = Reply(reason="the worker that had it ended without an answer")
        return job, Reply(**{**as_data(reply), "texts": tuple(reply.texts)})

    def _replace(self, worker: _Worker) -> None:
        worker.end()
        fresh = self._workers[self._workers.index(worker)] = _Worker(self._opening)
        fresh.await_ready()

    def close(self) -> None:
        """Ends all of them; one that is at work is not waited for."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.end()


def _serve(pipe: Connection, opening: Opening) -> None:
    """What a worker does, from its first moment on, until nobody is there to give it a job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    for name in _THREADS:
        os.environ.setdefault(name, "1")
    try:
        tools = opening.open()
    except Exception as error:  # noqa: BLE001 - the first process says it
        pipe.send_bytes(json.dumps(_dismantled(error)).encode())
        return
    with suppress(EOFError, OSError):
        pipe.send_bytes(b"null")
        while True:
            job = Job(**json.loads(pipe.recv_bytes()))
            pipe.send_bytes(json.dumps(as_data(treat(job, tools))).encode())
    tools.close()


def _dismantled(error: Exception) -> dict[str, str]:
    if isinstance(error, PyanonError) and not isinstance(error, errors.StageError):
        parts = {name: str(getattr(error, name)) for name in ("what", "given", "expected", "do")}
        return {"type": type(error).__name__, **parts}
    return {"type": "RunnerError", "what": f"a worker could not open its networks ({type(error).__name__}: {error})"}


def _rebuilt(parts: dict[str, Any]) -> PyanonError:
    kind = getattr(errors, parts.pop("type"), RunnerError)
    made: PyanonError = kind(parts.pop("what"), **parts)
    return made
