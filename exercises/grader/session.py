"""One submission behind the walls: its cells, then the calls of its functions, whatever it does to prevent that.

A hang, a crash or a memory bomb costs what it stands in. The worker is then thrown away, and a fresh one goes on. Of a
cell that hung or crashed it runs the imports and definitions only, as of all that are slow where they are together; and
not even these where they are what hangs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import wire
from .connection import Worker, WorkerEnded, WorkerLate
from .sandbox import Sandbox
from .walls import MachineFailure as MachineFailure

CALL_SECONDS = 2.0
CELL_SECONDS = 5.0
WORKER_SECONDS = 20.0
SUBMISSION_SECONDS = 45.0
SLOW = 1.0  # a cell that takes as long is run in its definitions only where all together take too long
RESTARTS = 10
WORDS = 300

RAN = "ran"
REPLIES = {"cell": [{"ran"}, {"raised"}], "call": [{"value"}, {"raised"}, {"missing"}, {"not plain"}]}
NOT_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")  # differs from run to run


@dataclass(frozen=True)
class Call:
    """A function to be called.

    Attributes
    ----------
    exercise : str
        What is lost together when a call hangs or crashes.
    function : str
        Its name in the notebook.
    args : tuple
        Plain data, see `wire`.
    """

    exercise: str
    function: str
    args: tuple[Any, ...]


@dataclass(frozen=True)
class Answer:
    """What came of a call.

    Attributes
    ----------
    kind : str
        "value", "raised", "timed out", "crashed", "missing" or "not plain".
    value : object
        The value, where there is one: of Python's and NumPy's own types.
    words : str
        Otherwise why not, for people: no control characters, at most 300 characters.
    """

    kind: str
    value: Any = None
    words: str = ""


@dataclass(frozen=True)
class Execution:
    """What came of a submission.

    Attributes
    ----------
    cells : tuple of str
        For each cell "ran", or why not.
    answers : tuple of Answer
        For each call.
    """

    cells: tuple[str, ...]
    answers: tuple[Answer, ...]


def execute(cells: Sequence[str], calls: Sequence[Call], sandbox: Sandbox) -> Execution:
    """Run a submission's cells, then call its functions.

    Parameters
    ----------
    cells : sequence of str
        The code cells, in order.
    calls : sequence of Call
        Made one by one, after all cells; the last definition of a name counts. Every call gets arguments of its own.
    sandbox : Sandbox
        From `open_sandbox`.

    Returns
    -------
    Execution
        Complete, whatever the submission did.

    Raises
    ------
    MachineFailure
        If a worker does not start: that is not the learner's doing.
    """
    return _Run(cells, calls, sandbox).execution()


class _Run:
    def __init__(self, cells: Sequence[str], calls: Sequence[Call], sandbox: Sandbox) -> None:
        self.sources, self.calls, self.sandbox = tuple(cells), tuple(calls), sandbox
        self.cells: list[str | None] = [None] * len(self.sources)
        self.seconds = [0.0] * len(self.sources)
        self.short: set[int] = set()  # of these only imports and definitions are run
        self.left_out: set[int] = set()
        self.answers: list[Answer | None] = [None] * len(self.calls)
        self.lost: dict[str, Answer] = {}
        self.end = time.monotonic() + SUBMISSION_SECONDS

    def execution(self) -> Execution:
        for _ in range(RESTARTS + 1):
            if time.monotonic() >= self.end or self._attempt():
                break
        rest = "the submission as a whole took too long, or ended too often"
        late = Answer("timed out", words=rest)
        answers = (
            done or self.lost.get(call.exercise, late) for done, call in zip(self.answers, self.calls, strict=True)
        )
        return Execution(tuple(cell or f"did not run: {rest}" for cell in self.cells), tuple(answers))

    def _attempt(self) -> bool:
        """Go on with a fresh worker; say whether all is done."""
        with self.sandbox.start() as worker:
            self.worker_end = min(self.end, time.monotonic() + WORKER_SECONDS)
            self.got_on = False  # whether this worker has answered a call
            if not all(self._cell(worker, i) for i in range(len(self.sources)) if i not in self.left_out):
                return False
            self.worker_end = min(self.end, time.monotonic() + WORKER_SECONDS)
            return all(self._call(worker, i) for i, answer in enumerate(self.answers) if answer is None)

    def _ask(self, worker: Worker, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Return the reply that bears the same number; others were made up."""
        until = min(self.worker_end, time.monotonic() + seconds)
        worker.send(message, until)
        stage = "cell" if "cell" in message else "call"
        while True:
            reply = worker.receive(until)
            if type(reply.get(stage)) is int and reply.pop(stage) == message[stage] and set(reply) in REPLIES[stage]:
                return reply

    def _cell(self, worker: Worker, number: int) -> bool:
        message = {"cell": number, "source": self.sources[number], "whole": number not in self.short}
        begin = time.monotonic()
        try:
            reply = self._ask(worker, message, CELL_SECONDS)
        except WorkerLate:
            alone = time.monotonic() < self.worker_end
            what, seconds = ("it", CELL_SECONDS) if alone else ("the cells together", WORKER_SECONDS)
            status = f"left out but for its definitions: {what} ran for more than {seconds:.0f} s"
            if not alone:
                self.short |= {i for i, spent in enumerate(self.seconds) if spent > SLOW or i > number}
        except WorkerEnded as ended:
            status = f"left out but for its definitions: it {ended}"
        else:
            self.seconds[number] = time.monotonic() - begin
            if self.cells[number] is None:
                self.cells[number] = RAN if reply.get("ran") is True else f"raised {cleaned(reply.get('raised'))}"
            return True
        if number in self.short:
            self.left_out.add(number)
            status = status.replace(" but for its definitions", "")
        self.short.add(number)
        self.cells[number] = status
        return False

    def _call(self, worker: Worker, number: int) -> bool:
        call = self.calls[number]
        if call.exercise in self.lost:
            return True
        message = {"call": number, "function": call.function, "args": [wire.encode(one) for one in call.args]}
        try:
            self.answers[number] = answer(self._ask(worker, message, CALL_SECONDS))
            self.got_on = True
            return True
        except WorkerLate:
            if self.got_on and time.monotonic() >= self.worker_end:
                return False  # not this call's fault: a fresh worker gives it its time
            lost = Answer("timed out", words=f"{call.function} ran for more than {CALL_SECONDS:.0f} s")
        except WorkerEnded as ended:
            lost = Answer("crashed", words=f"{call.function} {ended}")
        self.answers[number] = self.lost[call.exercise] = lost
        return False


def answer(reply: dict[str, Any]) -> Answer:
    """Return what one of `REPLIES` says; it may say anything."""
    if "value" in reply:
        try:
            return Answer("value", wire.decode(reply["value"]))
        except wire.WireError as wrong:
            return Answer("not plain", words=cleaned(str(wrong)))
    [(kind, words)] = reply.items()
    return Answer(kind, words=cleaned(words))


def cleaned(words: Any) -> str:
    """Return words of a learner's as one short line that no terminal and no page stumbles over."""
    text = NOT_TEXT.sub(" ", words) if type(words) is str else "something that was not said in words"
    text = ADDRESS.sub("0x…", text).strip()
    return text if len(text) <= WORDS else text[: WORDS - 1] + "…"
