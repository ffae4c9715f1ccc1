"""A running worker, seen from outside: it may write anything, at any length and pace, or nothing."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable
from typing import Any

from . import wire

LINES, BYTES = 20_000, 32 * 2**20  # from one worker


class WorkerEnded(Exception):
    """The worker is gone, or has written more than it may."""


class WorkerLate(Exception):
    """No answer in time."""


class Worker:
    """Messages to a worker, messages from it, and its end.

    Use it as a context manager; when it is left, everything that the worker started is gone.

    Parameters
    ----------
    process : Popen
        With pipes for standard input and standard error.
    answers : int
        Descriptor from which its answers are read.
    end : callable
        Ends the process and all that it started.
    """

    def __init__(self, process: subprocess.Popen, answers: int, end: Callable[[], None]) -> None:
        self.process, self._answers, self._end = process, answers, end
        assert process.stdin is not None and process.stderr is not None
        self._requests, self._complaints = process.stdin.fileno(), process.stderr.fileno()
        for descriptor in (self._requests, self._answers, self._complaints):
            os.set_blocking(descriptor, False)
        self._buffer = bytearray()
        self._lines, self._bytes = LINES, BYTES

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, message: dict[str, Any], until: float) -> None:
        """Write a message.

        Parameters
        ----------
        message : dict
            JSON-able.
        until : float
            Time of `time.monotonic` at which to give up.

        Raises
        ------
        WorkerLate, WorkerEnded
            If it is not taken in time, or there is nobody to take it.
        """
        rest = memoryview(wire.dumps(message) + b"\n")
        while rest:
            self._wait(self._requests, select.POLLOUT, until)
            try:
                rest = rest[os.write(self._requests, rest) :]
            except BlockingIOError:
                continue
            except OSError as gone:
                raise WorkerEnded("did not read any more") from gone

    def receive(self, until: float) -> dict[str, Any]:
        """Return the next message; lines that are none are passed over.

        Parameters
        ----------
        until : float
            Time of `time.monotonic` at which to give up.

        Returns
        -------
        dict
            Anything: whoever wrote it may be lying.

        Raises
        ------
        WorkerLate, WorkerEnded
            If there is none in time, or none will come.
        """
        while True:
            line = self._line(until)
            if line:
                self._lines -= 1
                if self._lines < 0:
                    raise WorkerEnded("wrote too many lines")
                try:
                    return wire.loads(line)
                except wire.WireError:
                    pass
            elif time.monotonic() > until:
                raise WorkerLate

    def _line(self, until: float) -> bytes:
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            self._wait(self._answers, select.POLLIN, until)
            try:
                chunk = os.read(self._answers, 1 << 20)
            except BlockingIOError:
                continue
            self._bytes -= len(chunk)
            if not chunk or self._bytes < 0:
                raise WorkerEnded("wrote too much" if chunk else "ended the program")
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _wait(self, descriptor: int, event: int, until: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = until - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise WorkerLate

    def complaint(self) -> str:
        """Return what was said on standard error before the worker was there."""
        try:
            return os.read(self._complaints, 2000).decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def close(self) -> None:
        """End the worker and all that it started."""
        if self._answers < 0:
            return
        try:
            self._end()
        finally:
            os.close(self._answers)
            self._answers = -1
            for stream in (self.process.stdin, self.process.stderr):
                if stream is not None:
                    stream.close()
