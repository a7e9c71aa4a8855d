"""`textDocument/didOpen`, `didChange`, `didSave`, `didClose`: the mirror, and its copy over there;
and `workspace/didRenameFiles`, of which only the daemon has to know.

All sync and short: they change state, and the next message must find it changed.
"""

from __future__ import annotations

from lsprotocol import types

from echo_lsp.services import Services

RENAMES_MAX = 256  # of one message; a folder is one


def did_open(services: Services, params: types.DidOpenTextDocumentParams) -> None:
    """Mirror a document."""
    given = params.text_document
    document = services.session.open(given.uri, given.language_id, given.version, given.text)
    if document is None:
        services.log.warning("document.too_many", open=len(services.session.documents))
        return
    services.daemon.opened(document)


def did_change(services: Services, params: types.DidChangeTextDocumentParams) -> None:
    """Edit the mirror and send the edits on."""
    identity = params.text_document
    changed = services.session.change(identity.uri, identity.version, params.content_changes)
    if changed is None:
        services.log.debug("document.not_open")
        return
    services.daemon.changed(changed)


def did_save(services: Services, params: types.DidSaveTextDocumentParams) -> None:
    """A save tells the miner that the user is content for now."""
    document = services.session.documents.get(params.text_document.uri)
    if document is not None:
        services.daemon.saved(document)


def did_close(services: Services, params: types.DidCloseTextDocumentParams) -> None:
    """Forget a document."""
    document = services.session.close(params.text_document.uri)
    if document is not None:
        services.daemon.closed(document)


def did_rename_files(services: Services, params: types.RenameFilesParams) -> None:
    """Files or folders have other names; what is open of them is closed and opened besides."""
    for file in params.files[:RENAMES_MAX]:
        services.daemon.renamed(file.old_uri, file.new_uri)
