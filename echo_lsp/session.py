"""The editor's documents as this server knows them, and what was offered in them.

Left out: LSP's messages (`features`), the daemon (`daemon_side`).

Rules
 - The session is the only thing that changes; whoever waits holds a `Document`, which does not.
 - Positions of the client become code-point offsets here and nowhere else.
 - A document that is too large is known but has no text: it is not mirrored, nor completed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from lsprotocol import types

from echo_core import limits
from echo_core.records.reasons import Reason
from echo_core.records.wire import SettingValue
from echo_core.text.document import Encoding, Text
from echo_core.text.edits import Edit

OFFERS_KEPT_MAX: Final = 256  # an accept comes seconds after the offer, not hundreds of them

ContentChange: TypeAlias = (
    types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document at one version. `text` is None where it is too large to be mirrored."""

    uri: str
    language: str
    version: int
    text: Text | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A document before and after a change, and the edits in between, in order."""

    before: Document
    after: Document
    edits: tuple[Edit, ...]

    @property
    def continues(self) -> bool:
        """The edits lead from one mirrored text to the other."""
        return self.before.text is not None and self.after.text is not None


@dataclass(slots=True)
class Session:
    """One editor window."""

    encoding: Encoding = Encoding.UTF16
    client: str = "unknown"
    roots: tuple[str, ...] = ()
    reports_shown: bool = False
    telemetry: bool | None = None  # the editor's own setting, where it told
    asks_settings: bool = False  # the client answers `workspace/configuration`
    settings: dict[str, SettingValue] = field(default_factory=dict)  # said by the editor
    documents: dict[str, Document] = field(default_factory=dict)
    focused: str | None = None
    silence: Reason | None = None  # of the newest request, where the daemon was not asked
    _offers: OrderedDict[str, str] = field(default_factory=OrderedDict)

    @property
    def enabled(self) -> bool:
        """Whether the editor's user wants completions at all."""
        return self.settings.get("completion.enabled", True) is True

    def open(self, uri: str, language: str, version: int, content: str) -> Document | None:
        """Take a document in; None where there are too many already."""
        if uri not in self.documents and len(self.documents) >= limits.DOCUMENTS_OPEN_MAX:
            return None
        document = Document(uri, language, version, _mirrored(content))
        self.documents[uri] = document
        return document

    def change(self, uri: str, version: int, changes: Sequence[ContentChange]) -> Changed | None:
        """Apply a client's changes, each to the result of the one before.

        None where the document is not open.
        """
        before = self.documents.get(uri)
        if before is None:
            return None
        text, edits = before.text, list[Edit]()
        for each in changes:
            if isinstance(each, types.TextDocumentContentChangeWholeDocument):
                edits.append(Edit(0, len(text) if text is not None else 0, each.text))
                text = _mirrored(each.text)
            elif text is not None:
                edit = Edit(*self._offsets(text, each.range), each.text)
                edits.append(edit)
                grown = len(text) + edit.growth > limits.DOCUMENT_CHARS_MAX
                text = None if grown else text.edited(edit)
        after = replace(before, version=version, text=text)
        self.documents[uri] = after
        return Changed(before, after, tuple(edits))

    def close(self, uri: str) -> Document | None:
        """Forget a document."""
        if self.focused == uri:
            self.focused = None
        return self.documents.pop(uri, None)

    def offset(self, text: Text, position: types.Position) -> int:
        """Where a client's position lies in `text`."""
        return text.offset(position.line, position.character, self.encoding)

    def range(self, text: Text, start: int, end: int) -> types.Range:
        """`[start, end)` of `text` as the client counts."""
        return types.Range(
            types.Position(*text.position(start, self.encoding)),
            types.Position(*text.position(end, self.encoding)),
        )

    def remember_offer(self, proposal: str, text: str) -> None:
        """Keep an offer's text, to count what is accepted of it."""
        self._offers[proposal] = text
        if len(self._offers) > OFFERS_KEPT_MAX:
            self._offers.popitem(last=False)

    def offered(self, proposal: str) -> str | None:
        """The text that was offered as `proposal`; None where it is not known any more."""
        return self._offers.get(proposal)

    def _offsets(self, text: Text, where: types.Range) -> tuple[int, int]:
        start, end = self.offset(text, where.start), self.offset(text, where.end)
        return (start, end) if start <= end else (end, start)


def _mirrored(content: str) -> Text | None:
    return Text(content) if len(content) <= limits.DOCUMENT_CHARS_MAX else None
