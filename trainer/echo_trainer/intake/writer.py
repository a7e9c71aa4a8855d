"""Batches: what arrived while the last one was written goes into the next one (adr/0013).

Left out: whether an envelope is one (`judging`), the transactions (`echo_trainer.tables.intake`).

Rules
 - One thread writes. What waits is bounded; beyond it the intake is busy, and says so.
 - A batch that fails fails for all that are in it: they come again, and nothing of them counts.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Literal

from echo_core.sharing.bundle.envelope import Said
from echo_core.sharing.bundle.protocol import Refusal
from echo_trainer.intake.judging import Refused
from echo_trainer.keys.signatures import ReceiptSigner
from echo_trainer.objects.api import ObjectStore
from echo_trainer.tables import intake
from echo_trainer.tables.database import Database
from echo_trainer.tables.intake import Announced, Arrival, DayCaps

BATCH_MAX: Final = 256  # envelopes: at 4 KiB, a millisecond or two of writing each on a plain disk
BATCH_BYTES_MAX: Final = 32 << 20
WAITING_MAX: Final = 1024  # of 2 MiB at most; `intake.uploads_max` bounds it further
_STOPS_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Taken:
    """An envelope that is accepted, now or before."""

    receipt: bytes
    again: bool


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrival: Arrival
    content: bytes
    answer: Future[Taken]


class BatchWriter:
    """The thread that writes."""

    def __init__(
        self,
        database: Database,
        objects: ObjectStore,
        signer: ReceiptSigner,
        caps: DayCaps,
        wall_ms: Callable[[], int],
    ) -> None:
        self._database = database
        self._objects = objects
        self._signer = signer
        self._caps = caps
        self._wall_ms = wall_ms
        self._queue: queue.Queue[_Waiting | Literal["stop"]] = queue.Queue(WAITING_MAX)
        self._thread = threading.Thread(target=self._work, name="intake-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many wait, about."""
        return self._queue.qsize()

    def take(self, arrival: Arrival, content: bytes) -> Future[Taken]:
        """Accept an envelope; the answer comes when it is on disk.

        The answer raises `Refused`, or `TrainerError` where it could not be written.

        Raises:
            Refused: too much waits.
        """
        answer: Future[Taken] = Future()
        try:
            self._queue.put_nowait(_Waiting(arrival, content, answer))
        except queue.Full as error:
            raise Refused(Refusal.BUSY, retry_after_s=30) from error
        return answer

    def close(self) -> None:
        """Write what waits, then stop."""
        self._queue.put("stop")
        self._thread.join(_STOPS_WITHIN_S)

    def _work(self) -> None:
        while (first := self._queue.get()) != "stop":
            batch, stop = self._batch(first)
            try:
                self._write(batch)
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
                for each in batch:
                    if not each.answer.done():
                        each.answer.set_exception(error)
            if stop:
                return

    def _batch(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        batch, size = [first], len(first.content)
        while len(batch) < BATCH_MAX and size < BATCH_BYTES_MAX:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                break
            if more == "stop":
                return batch, True
            batch.append(more)
            size += len(more.content)
        return batch, False

    def _write(self, batch: list[_Waiting]) -> None:
        contents = {each.arrival.digest: each.content for each in batch}
        arrivals = list({each.arrival.digest: each.arrival for each in batch}.values())
        with self._database.begin() as rows:
            said = intake.announced(rows, arrivals, self._caps, self._wall_ms())
        after = Announced((), {}, {})
        if said.fresh:
            self._objects.put({each.digest: contents[each.digest] for each in said.fresh})
            with self._database.begin() as rows:
                after = intake.settled(rows, said.fresh, self._receipt)
        for each in batch:
            _answer(each, said, after)

    def _receipt(self, arrival: Arrival) -> bytes:
        return self._signer.receipt(Said.STORED, arrival.digest, arrival.day)


def _answer(waiting: _Waiting, before: Announced, after: Announced) -> None:
    digest = waiting.arrival.digest
    if not waiting.answer.set_running_or_notify_cancel():
        return  # whoever asked is gone
    refusal = before.refused.get(digest) or after.refused.get(digest)
    if refusal is not None:
        wait_s = 3600 if refusal is Refusal.CAP else 60
        waiting.answer.set_exception(Refused(refusal, wait_s))
    elif digest in before.receipts:
        waiting.answer.set_result(Taken(before.receipts[digest], again=True))
    else:
        waiting.answer.set_result(Taken(after.receipts[digest], again=False))
