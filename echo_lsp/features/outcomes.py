"""What the editor did with a proposal: shown, accepted, accepted in part.

The proposal's id travels in the item's command, because clients keep nothing else of an item.
"""

from __future__ import annotations

from lsprotocol import types

from echo_core.records.events import OutcomeKind
from echo_lsp.protocol_ext import (
    ACCEPT_COMMAND,
    DidPartiallyAcceptCompletionParams,
    DidShowCompletionParams,
)
from echo_lsp.services import Services


def accept(services: Services, *arguments: object) -> None:
    """`workspace/executeCommand` `echo.accept`: the client has put the whole item in."""
    proposal = arguments[0] if arguments else None
    if isinstance(proposal, str):
        _report(services, proposal, OutcomeKind.ACCEPTED, None)


def did_show_completion(services: Services, params: DidShowCompletionParams) -> None:
    """The client drew the item."""
    proposal = proposal_of(params.item)
    if proposal is not None:
        _report(services, proposal, OutcomeKind.SHOWN, 0)


def did_partially_accept_completion(
    services: Services, params: DidPartiallyAcceptCompletionParams
) -> None:
    """The client put the first part of the item in."""
    proposal = proposal_of(params.item)
    text = services.session.offered(proposal) if proposal is not None else None
    if proposal is None or text is None:
        services.log.debug("outcome.unknown_proposal")
        return
    chars = code_points(text, params.accepted_length)
    kind = OutcomeKind.ACCEPTED if chars == len(text) else OutcomeKind.PARTIAL
    _report(services, proposal, kind, chars)


def code_points(text: str, units: int) -> int:
    """How many characters of `text` lie in its first `units` UTF-16 units.

    Line ends count like everything else, so a line index cannot be used; half a surrogate pair
    counts as none of it.
    """
    chars = 0
    for character in text:
        units -= 2 if ord(character) > 0xFFFF else 1
        if units < 0:
            break
        chars += 1
    return chars


def proposal_of(item: types.InlineCompletionItem) -> str | None:
    """The id in the item's command; None where it is not an item of ours."""
    command = item.command
    if command is None or command.command != ACCEPT_COMMAND or not command.arguments:
        return None
    proposal = command.arguments[0]
    return proposal if isinstance(proposal, str) else None


def _report(services: Services, proposal: str, kind: OutcomeKind, chars: int | None) -> None:
    text = services.session.offered(proposal)
    if text is None:
        services.log.debug("outcome.unknown_proposal")
        return
    services.daemon.outcome(proposal, kind, len(text) if chars is None else chars)
