"""An immutable document: its text, where its lines start, and positions in three encodings.

Lines end at `\n`, `\r\n` and `\r` only (LSP 3.18, "Text Documents"); `str.splitlines` also splits
at form feed, U+2028 and others and must not be used (the client would count other lines).

Left out: who owns the document, its version, its URI.
"""
