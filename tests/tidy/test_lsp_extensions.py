"""docs/lsp-extensions.md describes echo_lsp/protocol_ext.py as it is."""

from __future__ import annotations

import hashlib

from echo_lsp import protocol_ext as ext
from tidy import tree


def test_the_document_holds_the_hash_of_the_file() -> None:
    source = (tree.ROOT / "echo_lsp" / "protocol_ext.py").read_bytes()
    document = (tree.ROOT / "docs" / "lsp-extensions.md").read_text(encoding="utf-8")
    assert f"`{hashlib.sha256(source).hexdigest()}`" in document, (
        "docs/lsp-extensions.md describes another protocol_ext.py: read it again, then put the "
        "new hash in"
    )


def test_the_document_names_every_extension() -> None:
    document = (tree.ROOT / "docs" / "lsp-extensions.md").read_text(encoding="utf-8")
    names = {*ext.MESSAGE_TYPES, ext.ACCEPT_COMMAND}
    assert [name for name in names if f"`{name}`" not in document] == []
