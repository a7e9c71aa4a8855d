"""What Echo says and understands beyond LSP 3.18, as typed values.

The names of the first three are those that GitHub Copilot's language server made customary, so
that a client written for it works here. docs/lsp-extensions.md describes this file and holds its
hash: change the two together.

Left out: what is done about them (`echo_lsp.features`).
"""

from __future__ import annotations

from typing import Final

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override
from lsprotocol import types
from pygls.protocol import default_converter

DID_SHOW_COMPLETION: Final = "textDocument/didShowCompletion"
DID_PARTIALLY_ACCEPT_COMPLETION: Final = "textDocument/didPartiallyAcceptCompletion"
DID_FOCUS: Final = "textDocument/didFocus"
DID_MOVE_CURSOR: Final = "textDocument/didMoveCursor"
DID_CHANGE_STATUS: Final = "didChangeStatus"
DID_CHANGE_TELEMETRY: Final = "echo/didChangeTelemetry"
WHY: Final = "echo/why"  # request: WhyParams -> WhyResult
CONSENT: Final = "echo/consent"  # request: ConsentParams -> ConsentResult
SET_CONSENT: Final = "echo/setConsent"  # request: SetConsentParams -> ConsentResult
DASHBOARD: Final = "echo/dashboard"  # request: DashboardParams -> DashboardResult
ACCEPT_COMMAND: Final = "echo.accept"  # arguments: the proposal's id


@attrs.frozen
class DidShowCompletionParams:
    """The editor drew this item."""

    item: types.InlineCompletionItem


@attrs.frozen
class DidPartiallyAcceptCompletionParams:
    """A part of this item was taken; UTF-16 units of its text, from its start."""

    item: types.InlineCompletionItem
    accepted_length: int


@attrs.frozen
class DidFocusParams:
    """A document came to the front; none when the focus went elsewhere."""

    text_document: types.TextDocumentIdentifier | None = None


@attrs.frozen
class DidMoveCursorParams:
    """The selection moved without an edit; both ends alike when nothing is selected."""

    text_document: types.TextDocumentIdentifier
    anchor: types.Position
    head: types.Position


@attrs.frozen
class StatusParams:
    """What an editor shows of Echo. `kind`: ready, loading, no_model, error, off."""

    busy: bool
    message: str
    kind: str


@attrs.frozen
class WhyParams:
    """Nothing is asked with."""


@attrs.frozen
class WhyResult:
    """How the newest inline completion request ended. `reason` is empty before the first."""

    reason: str
    sentence: str
    hit: str = ""


@attrs.frozen
class TelemetryParams:
    """The editor's own telemetry setting: whether it lets anything be sent."""

    allowed: bool


@attrs.frozen
class ConsentParams:
    """Nothing is asked with."""


@attrs.frozen
class SetConsentParams:
    """Switch something on or off. `switch`: record, contribute, metrics."""

    switch: str
    on: bool
    workspace: str = ""  # a folder's path; empty: this machine
    right: bool = False  # the user says: I have the right to share this folder's code


@attrs.frozen
class SwitchState:
    """One switch. `text` is what the user has to be shown before it is switched on."""

    switch: str
    on: bool
    reason: str
    text: str


@attrs.frozen
class ConsentResult:
    """Every switch, for this machine."""

    switches: list[SwitchState]


@attrs.frozen
class DashboardParams:
    """Nothing is asked with."""


@attrs.frozen
class DashboardResult:
    """Where Echo's pages are. The link works once, within so many seconds: open it at once."""

    url: str
    seconds: int


@attrs.define
class DashboardRequest:
    """The request as JSON-RPC has it; `params` may be left out."""

    id: int | str
    method: str
    jsonrpc: str = "2.0"
    params: DashboardParams | None = None


@attrs.define
class ConsentRequest:
    """The request as JSON-RPC has it; `params` may be left out."""

    id: int | str
    method: str
    jsonrpc: str = "2.0"
    params: ConsentParams | None = None


@attrs.define
class SetConsentRequest:
    """The request as JSON-RPC has it."""

    id: int | str
    method: str
    params: SetConsentParams
    jsonrpc: str = "2.0"


@attrs.define
class WhyRequest:
    """The request as JSON-RPC has it; `params` may be left out."""

    id: int | str
    method: str
    jsonrpc: str = "2.0"
    params: WhyParams | None = None


def _notification(name: str, params: type) -> type:
    fields = {"method": str, "params": params, "jsonrpc": str}
    return attrs.make_class(
        name,
        {field: attrs.field(type=kind, default=None) for field, kind in fields.items()},
    )


MESSAGE_TYPES: Final[dict[str, type]] = {
    DID_SHOW_COMPLETION: _notification("DidShowCompletion", DidShowCompletionParams),
    DID_PARTIALLY_ACCEPT_COMPLETION: _notification(
        "DidPartiallyAcceptCompletion", DidPartiallyAcceptCompletionParams
    ),
    DID_FOCUS: _notification("DidFocus", DidFocusParams),
    DID_MOVE_CURSOR: _notification("DidMoveCursor", DidMoveCursorParams),
    DID_CHANGE_STATUS: _notification("DidChangeStatus", StatusParams),
    DID_CHANGE_TELEMETRY: _notification("DidChangeTelemetry", TelemetryParams),
    WHY: WhyRequest,
    CONSENT: ConsentRequest,
    SET_CONSENT: SetConsentRequest,
    DASHBOARD: DashboardRequest,
}


def converter() -> Converter:
    """pygls' converter, which also knows the types above."""
    made: Converter = default_converter()  # type: ignore[no-untyped-call]
    made.register_structure_hook(
        DidPartiallyAcceptCompletionParams,
        make_dict_structure_fn(
            DidPartiallyAcceptCompletionParams,
            made,
            accepted_length=override(rename="acceptedLength"),
        ),
    )
    for kind in (DidFocusParams, DidMoveCursorParams):
        made.register_structure_hook(
            kind,
            make_dict_structure_fn(kind, made, text_document=override(rename="textDocument")),
        )
    return made
