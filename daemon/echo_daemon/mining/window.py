"""One editor window as `echo_daemon.mining.outside` sees it: what happens outside becomes events.

Left out: what happens outside; what the window's own edits are (`echo_daemon.front`).

Rules
 - Told apart are a file that somebody else wrote and the editor's own saves: what stands on disk
   and is neither the document now nor as it was last saved was written by somebody else.
 - A message of the editor that makes the document equal to such a text is a reload.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from echo_core.experience.reunion import Was
from echo_core.gaps.origins import Origins
from echo_core.records.events import Committed, HeadMoved, Origin
from echo_core.text.edits import Edit, apply_all
from echo_daemon.mining.miner import Miner
from echo_daemon.mining.outside import Moved, Outside
from echo_daemon.mining.strays import Came


class MinedWindow:
    """`echo_daemon.mining.outside.Window` over the miner of a front."""

    def __init__(
        self,
        miner: Callable[[], Miner],
        outside: Outside | None,
        renamed: Callable[[str, str], None] = lambda _doc, _to: None,
    ) -> None:
        """`miner`: the one of now, which changes when recording begins anew.

        `renamed`: whom to tell that the file system gave an open document another name.
        """
        self._miner = miner
        self._outside = outside
        self._renamed = renamed
        self._foreign: dict[str, str] = {}  # what somebody else wrote, until it is reloaded
        self._origins: defaultdict[str, Origins] = defaultdict(Origins)
        self._saved: dict[str, int] = {}  # hash of the text as it was last saved

    def opened(self, doc: str) -> None:
        """`doc` was opened here, or is open while recording begins."""
        self._foreign.pop(doc, None)
        self._origins.pop(doc, None)
        miner = self._miner()
        if self._outside is not None and miner.recording and not miner.is_apart(doc):
            self._outside.opened(self, doc)

    def closed(self, doc: str) -> None:
        """`doc` was closed here."""
        self._foreign.pop(doc, None)
        self._saved.pop(doc, None)
        self._origins.pop(doc, None)
        if self._outside is not None:
            self._outside.closed(self, doc)

    def saved(self, doc: str) -> None:
        """The editor wrote `doc` as it is."""
        self._foreign.pop(doc, None)
        document = self._miner().document(doc)
        if document is not None:
            self._saved[doc] = hash(document.text)

    def origin(self, doc: str, text: str, edits: Sequence[Edit], *, accepted: bool) -> Origin:
        """Who caused `edits` of `text`; call it once for each message."""
        reloaded = self._reloaded(doc, text, edits)
        return self._origins[doc].take(text, edits, accepted=accepted, reloaded=reloaded)

    def _reloaded(self, doc: str, text: str, edits: Sequence[Edit]) -> bool:
        """Whether the edits make the text what somebody else wrote to the file."""
        foreign = self._foreign.get(doc)
        if foreign is None or len(foreign) != len(text) + sum(edit.growth for edit in edits):
            return False
        if apply_all(text, edits) != foreign:
            return False
        del self._foreign[doc]
        return True

    def foreign(self, doc: str) -> str | None:
        """What somebody else wrote to the file of `doc`, where that was not reloaded yet."""
        return self._foreign.get(doc)

    def moved(self, doc: str, to: str) -> None:
        """The file of `doc` has another name."""
        self._renamed(doc, to)

    def came(self, doc: str) -> Came | None:
        """`doc` as it stands; None where it is closed, or not recorded."""
        miner = self._miner()
        document = miner.documents.get(doc) if miner.recording else None
        if document is None:
            return None
        return Came(doc, document.language, document.text, miner.roots)

    def found_again(self, was: Was, doc: str) -> None:
        """`doc` is what `was` names, as its text shows."""
        self._miner().renamed_elsewhere(was.doc, doc, was.confidence)

    def head_moved(self, moved: Moved) -> None:
        """The head of a repository moved."""
        miner = self._miner()
        miner.observe(HeadMoved(miner.now_ms(), moved.ref, moved.repo, moved.commit, moved.move))

    def committed(self, doc: str, commit: str, text: str) -> None:
        """A commit holds `text` as `doc`."""
        miner = self._miner()
        miner.observe(Committed(miner.now_ms(), doc, commit, text))

    def on_disk(self, doc: str, text: str) -> None:
        """The file of an open document holds `text`."""
        document = self._miner().document(doc)
        if document is None or document.text == text or self._saved.get(doc) == hash(text):
            self._foreign.pop(doc, None)
        else:
            self._foreign[doc] = text
