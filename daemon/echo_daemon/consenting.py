"""What people decide about every switch, and what they are told of it.

Left out: what follows from recording (`hub`) and from sharing (`echo_daemon.sharing`), where
choices stand (`echo_daemon.store.consent`), which rule wins (`echo_core.sharing.consent`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from echo_core.errors import InputError
from echo_core.records.wire import (
    ConsentChoice,
    ConsentHistory,
    ConsentRow,
    Consents,
    EditorTelemetry,
    SwitchChoice,
    SwitchState,
)
from echo_core.sharing.consent import Decision, Switch
from echo_core.sharing.consent_text import TEXTS, text_digest

EDITOR_CHARS_MAX = 64  # of an editor's name in the record of choices


class Choice(Protocol):
    """One line of the record."""

    @property
    def at_ms(self) -> int: ...

    @property
    def switch(self) -> Switch: ...

    @property
    def on(self) -> bool: ...

    @property
    def by(self) -> str: ...

    @property
    def text_version(self) -> str: ...

    @property
    def text_hash(self) -> str: ...

    @property
    def workspace(self) -> str: ...

    @property
    def right(self) -> bool: ...


class Choices(Protocol):
    """The append-only record of what was chosen."""

    def folders(self, switch: Switch) -> Sequence[Choice]:
        """The newest choice for each folder."""
        ...

    def was_given(self, switch: Switch) -> bool: ...

    def editors(self) -> Mapping[str, bool]: ...

    def history(self) -> Sequence[Choice]: ...

    def choose(
        self, choice: ConsentChoice, switch: Switch = ..., *, right: bool = False
    ) -> Choice: ...

    def editor_says(self, editor: str, *, telemetry: bool) -> bool: ...


class Consenting:
    """All switches of one profile."""

    def __init__(
        self,
        choices: Choices,
        decide: Callable[[Switch], Decision],
        choose_recording: Callable[[ConsentChoice], Awaitable[object]],
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        """`changed` is called when a choice about what leaves was written down."""
        self._choices = choices
        self._decide = decide
        self._choose_recording = choose_recording
        self._changed = changed
        self._one_at_a_time = asyncio.Lock()

    def show(self) -> Consents:
        """Every switch with the rule that decides."""
        off = [editor for editor, telemetry in self._choices.editors().items() if not telemetry]
        return Consents([self._state(switch) for switch in Switch], sorted(off))

    async def switch(self, choice: SwitchChoice) -> Consents:
        """Write a choice down, and let it hold.

        Raises:
            InputError: there is no such switch, or the right to share was said of no folder.
            StoreError: it could not be written; what held before holds.
        """
        if choice.switch not in set(Switch):
            raise InputError(f"A switch is one of {', '.join(Switch)}.")
        which = Switch(choice.switch)
        if choice.right and not (choice.on and choice.workspace and which is Switch.CONTRIBUTE):
            raise InputError(
                "The right to share is said of one folder: name it with --workspace, and switch "
                "contributing on there."
            )
        plain = ConsentChoice(choice.on, choice.by, choice.workspace)
        if which is Switch.RECORD:
            await self._choose_recording(plain)
            return self.show()
        async with self._one_at_a_time:
            await asyncio.to_thread(self._choices.choose, plain, which, right=choice.right)
            await self._changed()
        return self.show()

    async def take_all_back(self, by: str) -> None:
        """Say no to everything that leaves, where anybody ever said yes.

        Raises:
            StoreError: it could not be written; what held before holds.
        """
        for switch in Switch:
            if switch is not Switch.RECORD and self._choices.was_given(switch):
                await self.switch(SwitchChoice(switch, on=False, by=by))

    def history(self) -> ConsentHistory:
        """Every choice that was made.

        Raises:
            StoreError: the record of choices is damaged.
        """
        rows = [
            ConsentRow(
                record.at_ms,
                record.switch,
                record.on,
                record.by,
                record.workspace,
                record.right,
                record.text_version,
                record.text_hash,
            )
            for record in self._choices.history()
        ]
        return ConsentHistory(rows)

    def editor_says(self, client: str, telemetry: EditorTelemetry) -> None:
        """An editor told what its own telemetry setting is.

        Raises:
            StoreError: it could not be noted.
        """
        self._choices.editor_says(editor_name(client), telemetry=telemetry.allowed)

    def _state(self, switch: Switch) -> SwitchState:
        decision = self._decide(switch)
        folders = self._choices.folders(switch)
        return SwitchState(
            switch=switch,
            on=decision.allowed,
            rule=decision.rule,
            reason=decision.reason,
            text=TEXTS[switch],
            text_hash=text_digest(switch),
            folders_off=[record.workspace for record in folders if not record.on],
            folders_right=[record.workspace for record in folders if record.on and record.right],
        )


def editor_name(client: str) -> str:
    """An editor's name without its version: a new version is the same editor."""
    return re.sub(r" v?[0-9][^ ]*$", "", client)[:EDITOR_CHARS_MAX] or "unknown"
