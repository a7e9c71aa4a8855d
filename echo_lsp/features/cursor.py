"""`textDocument/didFocus` and `didMoveCursor`: where the user is, as far as the client tells."""

from __future__ import annotations

from echo_lsp.protocol_ext import DidFocusParams, DidMoveCursorParams
from echo_lsp.services import Services


def did_focus(services: Services, params: DidFocusParams) -> None:
    """A document came to the front."""
    if params.text_document is None:
        services.session.focused = None
        return
    uri = params.text_document.uri
    if uri in services.session.documents and uri != services.session.focused:
        services.session.focused = uri
        services.daemon.focused(uri)


def did_move_cursor(services: Services, params: DidMoveCursorParams) -> None:
    """The selection moved without an edit."""
    session = services.session
    document = session.documents.get(params.text_document.uri)
    if document is None or document.text is None:
        return
    services.daemon.cursor_moved(
        document.uri,
        session.offset(document.text, params.anchor),
        session.offset(document.text, params.head),
    )
