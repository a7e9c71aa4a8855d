"""Takes history into the record: one event for each file of a commit, and its samples.

Left out: reading history (`history`, in the tool that asks), which files may be recorded.

Rules
 - Nothing is taken while recording is off, and nothing of a file that is kept out of the record.
 - What was taken before is not taken again: the identity of a sample is its commit and place.
 - A batch is durable before it is answered, so that a fast tool does not fill the queue.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from echo_core.clock import Clock
from echo_core.errors import InputError, StoreError
from echo_core.experience.fold import Fold
from echo_core.experience.past import Refusal, request_of
from echo_core.records.events import Imported
from echo_core.records.wire import PastAnswer, PastFile, PastFiles
from echo_core.text.edits import Edit
from echo_daemon.mining.miner import Recorder, Who

CLIENT = "echoctl import git"


class Record(Recorder, Protocol):
    """The store, as far as taking history in needs it."""

    async def samples_known(self, requests: Sequence[str]) -> set[str]: ...

    async def flush(self) -> int: ...


class Importer:
    """One for the daemon; a session of its own for each repository and run of the daemon."""

    def __init__(
        self,
        record: Record,
        fold: Fold,
        clock: Clock,
        admits: Callable[[str, str], bool] = lambda _doc, _root: True,
    ) -> None:
        """`admits(doc, root)`: whether the file may be recorded."""
        self._record = record
        self._fold = fold
        self._clock = clock
        self._admits = admits
        self._sessions: dict[str, str] = {}

    async def take(self, batch: PastFiles) -> PastAnswer:
        """Record a batch.

        Raises:
            StoreError: recording is off, or the store cannot be written.
            InputError: an edit does not fit its text; nothing of the batch was taken.
        """
        if not self._record.recording:
            raise StoreError("Nothing is recorded: switch it on with `echoctl consent record on`.")
        now = self._clock.wall_ms()
        events = [_event(file, now) for file in batch.files]
        hunks = [[request_of(event, at) for at in range(len(event.edits))] for event in events]
        known = await self._record.samples_known([name for names in hunks for name in names])
        refused: Counter[str] = Counter()
        samples = 0
        for event, names in zip(events, hunks, strict=True):
            if known.issuperset(names):  # of a part that is known the samples stay as they are
                refused[Refusal.KNOWN] += 1
            elif not self._admits(event.doc, batch.root):
                refused[Refusal.EXCLUDED] += 1
            else:
                samples += self._take(event, batch.root) - len(known.intersection(names))
        await self._record.flush()
        return PastAnswer(samples, dict(refused))

    def _take(self, event: Imported, root: str) -> int:
        session = self._sessions.get(root)
        if session is None:
            session = self._sessions[root] = secrets.token_hex(8)
            self._record.begin(session, Who(CLIENT, (root,)), event.at_ms)
        with self._record.together():
            self._record.append(session, event)
            mined = self._fold.feed(session, event).mined
            self._record.gaps_ended(mined)
        return len(mined)


def _event(file: PastFile, at_ms: int) -> Imported:
    edits: list[Edit] = []
    for start, deleted, inserted in file.edits:
        edit = Edit(start, start + deleted, inserted)
        if edit.end > len(file.text):
            raise InputError("an edit of an imported file reaches beyond its text")
        edits.append(edit)
    return Imported(
        at_ms, file.doc, file.language, file.commit, file.made_ms, file.text, tuple(edits)
    )
