"""`textDocument/inlineCompletion`: ask the daemon, answer what still fits.

Rules
 - The document is taken as it stands when the request comes; if it has changed by the time of the
   answer, the answer is empty. The client asks again at its next key.
 - Nothing that goes wrong is an error for the editor: the answer is an empty list.
"""

from __future__ import annotations

from lsprotocol import types

from echo_core.records import wire
from echo_core.records.events import Trigger
from echo_core.records.reasons import Reason
from echo_lsp.protocol_ext import ACCEPT_COMMAND
from echo_lsp.services import Services
from echo_lsp.session import Document, Session


async def inline_completion(
    services: Services, params: types.InlineCompletionParams
) -> types.InlineCompletionList:
    """The proposals at a position."""
    session = services.session
    document = session.documents.get(params.text_document.uri)
    session.silence = _silence(session, document)
    if (
        session.silence is not None
        or document is None
        or document.text is None
        or params.position.line >= document.text.line_count
    ):
        return types.InlineCompletionList([])
    offset = session.offset(document.text, params.position)
    answer = await services.daemon.complete(document, offset, _trigger(params.context))
    if answer.reason == Reason.DAEMON_AWAY:
        session.silence = Reason.DAEMON_AWAY
    if session.documents.get(document.uri) is not document:
        return types.InlineCompletionList([])
    items = [_item(services, document, offer) for offer in answer.offers]
    return types.InlineCompletionList([item for item in items if item is not None])


def _silence(session: Session, document: Document | None) -> Reason | None:
    """Why the daemon is not even asked."""
    if document is None:
        return Reason.UNKNOWN_DOCUMENT
    if document.text is None:
        return Reason.TOO_LARGE
    return None if session.enabled else Reason.OFF


def _trigger(context: types.InlineCompletionContext) -> Trigger:
    invoked = context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    return Trigger.INVOKED if invoked else Trigger.AUTOMATIC


def _item(
    services: Services, document: Document, offer: wire.Offer
) -> types.InlineCompletionItem | None:
    text = document.text
    if text is None or not 0 <= offer.start <= offer.end <= len(text):
        services.log.error("offer.outside")
        return None
    where = services.session.range(text, offer.start, offer.end)
    if where.start.line != where.end.line:
        services.log.error("offer.lines")  # LSP 3.18: the range is within one line
        return None
    services.session.remember_offer(offer.id, offer.text)
    accept = types.Command("Accept", ACCEPT_COMMAND, arguments=[offer.id])
    return types.InlineCompletionItem(offer.text, range=where, command=accept)
