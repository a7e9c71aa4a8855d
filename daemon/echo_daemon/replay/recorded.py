"""Plays a trace with what Echo did in it: the same requests, the same answers, the same outcomes.

Left out: where the answers come from (`echo_daemon.replay.answers`).

Rules
 - A completion is asked for where the trace asked, and its answer is awaited.
 - All edits are the trace's, those that taking a proposal made among them.
 - Only what an editor tells is told: what was shown, and what was taken whole. The rest the server
   concludes from the edits, as it did when the trace was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence

from echo_core.records import trace
from echo_core.records.answers import TraceOutcome, TraceProposal, TraceRequest
from echo_core.records.events import OutcomeKind, Trigger
from echo_daemon.replay.plan import Send
from echo_daemon.replay.seen import Item
from echo_daemon.replay.typist import Played, Typist


class Retyper(Typist):
    """Plays one recorded trace through one editor, once."""

    async def replay(self, lines: Sequence[trace.AnyLine]) -> Played:
        """Play all of `lines`; raises as `play` does."""
        answered: dict[str, list[Item]] = {}  # by request: what was not yet given a name
        items: dict[str, Item] = {}  # by the trace's proposals
        self._begin()
        for number, line in enumerate(lines, 1):
            await self._until(line.t_ms)
            match line:
                case TraceRequest():
                    answered[line.id] = await self._ask_again(line)
                case TraceProposal():
                    if (waiting := answered.get(line.request)) and line.text:
                        items[line.id] = waiting.pop(0)
                case TraceOutcome():
                    await self._tell_outcome(line, items.get(line.id))
                case _:
                    await self._send(Send(line))
            await self._did(number)
        return self._played

    async def _ask_again(self, line: TraceRequest) -> list[Item]:
        if not self._editor.is_open(line.doc):
            return []
        invoked = line.trigger is Trigger.INVOKED
        return await self._editor.items(await self._editor.ask(line.doc, line.at, invoked=invoked))

    async def _tell_outcome(self, line: TraceOutcome, item: Item | None) -> None:
        if item is None:
            return
        if line.outcome is OutcomeKind.SHOWN:
            await self._editor.show(item)
        elif line.outcome is OutcomeKind.ACCEPTED:
            await self._editor.run_command(item)
