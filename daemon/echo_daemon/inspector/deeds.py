"""What a person can do on the pages: each is what `echoctl` does, by the same service.

Rules
 - A deed answers with one sentence; what cannot be done is an error with its remedy.
 - What cannot be undone asks for a word to be typed; what switches something on says which text
   was shown, and holds only where that is still the text.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.errors import InputError
from echo_core.records import wire
from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_text import text_digest
from echo_daemon.inspector.services import Services

BY: Final = "the inspector"  # in the record of choices
ERASE_WORD: Final = "erase"
_MINUTE_MS: Final = 60_000
SPANS: Final[Mapping[str, tuple[int, str]]] = {
    "10m": (10 * _MINUTE_MS, "10 minutes"),
    "1h": (60 * _MINUTE_MS, "hour"),
    "1d": (24 * 60 * _MINUTE_MS, "day"),
    "7d": (7 * 24 * 60 * _MINUTE_MS, "week"),
}

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a form does, and the page that is shown afterwards."""

    do: Callable[[Services, Fields], Awaitable[str]]
    back: str


async def _switch(services: Services, fields: Fields) -> str:
    name, on = fields.get("switch", ""), fields.get("on") == "yes"
    folder = _folder(fields.get("workspace", ""))
    if on and fields.get("text") != _digest(name):
        raise InputError("The text has changed since it was shown: read it again.")
    choice = wire.SwitchChoice(name, on, BY, folder, right=fields.get("right") == "yes")
    found = await services.consenting.switch(choice)
    state = next(each for each in found.switches if each.switch == name)
    where = f" in {folder}" if folder else ""
    said = f"You switched it {'on' if on else 'off'}{where}."
    return said if folder or state.on == on else f"{said} {state.reason}"


def _digest(switch: str) -> str:
    return text_digest(Switch(switch)) if switch in set(Switch) else ""


async def _drop(services: Services, fields: Fields) -> str:
    what = fields.get("what", "")
    if what == "one":
        asked = wire.OutboxDrop(request=fields.get("request", ""))
    elif what == "file":
        asked = wire.OutboxDrop(path=_folder(fields.get("path", "")))
    elif what == "last":
        asked = wire.OutboxDrop(last_ms=_span_ms(fields))
    else:
        asked = wire.OutboxDrop(everything=what == "all")
    found = await services.outgoing.drop(asked)
    return f"{found.count} {'sample' if found.count == 1 else 'samples'} dropped for good."


async def _pause(services: Services, fields: Fields) -> str:
    paused, folder = fields.get("paused") == "yes", _folder(fields.get("folder", ""))
    await services.outgoing.pause(wire.OutboxPause(paused, folder))
    what = f"Of {folder} nothing" if folder else "Nothing"
    if paused:
        return f"{what} is sent until you say so."
    return f"What comes from {folder} is sent again." if folder else "Sending goes on."


async def _forget(services: Services, fields: Fields) -> str:
    if fields.get("what") == "folder":
        asked = wire.Forget(workspace=_folder(fields.get("workspace", ""), needed=True))
    else:
        asked = wire.Forget(last_ms=_span_ms(fields))
    gone = await services.hub.forget(asked)
    if gone.waits:
        return f"Not yet forgotten: {gone.waits}"
    return (
        f"Forgotten: {gone.events} events, {gone.samples} samples, "
        f"{gone.documents} documents; looked for again, and not found."
    )


async def _erase(services: Services, fields: Fields) -> str:
    if fields.get("word", "").strip().lower() != ERASE_WORD:
        raise InputError(f"Nothing was erased: type the word {ERASE_WORD} to erase everything.")
    await services.erase()
    return "Erased: the store and its key are gone, and everything is switched off."


def _folder(text: str, *, needed: bool = False) -> str:
    """A path as a person types it.

    Raises:
        InputError: it does not begin at the root, so it would mean what nobody said.
    """
    if not text.strip() and not needed:
        return ""
    path = Path(text.strip()).expanduser()
    if not path.is_absolute():
        raise InputError("Give the whole path, from / or ~ on.")
    return str(path)


def _span_ms(fields: Fields) -> int:
    found = SPANS.get(fields.get("last", ""))
    if found is None:
        raise InputError("Say how far back.")
    return found[0]


DEEDS: Final[Mapping[str, Deed]] = {
    "/consent/switch": Deed(_switch, "/consent"),
    "/outbox/drop": Deed(_drop, "/outbox"),
    "/outbox/pause": Deed(_pause, "/outbox"),
    "/data/forget": Deed(_forget, "/data"),
    "/data/erase": Deed(_erase, "/data"),
}
