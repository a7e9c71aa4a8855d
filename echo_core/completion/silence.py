"""When silence is right although something could be said: a commit message, a fresh refusal.

Left out: settings, snoozing (`echo_daemon.completion`), confidence (`gate`).

Rules
 - A refusal is known by the characters around the cursor and the first line refused: it holds
   wherever these are found again, and no longer where either side changed.
 - It is forgotten after `REJECTED_MS`, and when `REJECTIONS_MAX` newer ones came.
 - Only contradicting a proposal refuses it. Who moves the cursor away may come back for it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

REJECTED_MS: Final = 300_000  # after five minutes a person may think otherwise
REJECTIONS_MAX: Final = 256  # more than are made in that time
_BEFORE_CHARS: Final = 128
_AFTER_CHARS: Final = 64
# What editors call the language of a message to git, Mercurial or Jujutsu: VS Code's input box and
# its editor, Zed, Helix; Vim and its kin.
_COMMIT_LANGUAGES: Final = frozenset(
    {"scminput", "git-commit", "gitcommit", "hgcommit", "jjdescription"}
)
_COMMIT_SCHEME: Final = "vscode-scm:"
# git's own names (builtin/commit.c and its kin), for an editor that has no language for them
_COMMIT_FILES: Final = ("/COMMIT_EDITMSG", "/MERGE_MSG", "/SQUASH_MSG", "/TAG_EDITMSG")


def is_commit_message(uri: str, language: str) -> bool:
    """Whether a document is where a person says what a commit is about."""
    return (
        language in _COMMIT_LANGUAGES
        or uri.startswith(_COMMIT_SCHEME)
        or uri.endswith(_COMMIT_FILES)
    )


class Rejections:
    """The refusals of one window."""

    def __init__(self) -> None:
        self._at_ms: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._at_ms)

    def reject(self, text: str, offset: int, proposed: str, at_ms: int) -> None:
        """`proposed` was refused at `offset` of `text`."""
        key = _key(text, offset, proposed)
        self._at_ms.pop(key, None)
        self._at_ms[key] = at_ms
        while len(self._at_ms) > REJECTIONS_MAX:
            self._at_ms.popitem(last=False)

    def holds(self, text: str, offset: int, proposed: str, at_ms: int) -> bool:
        """Whether the same was refused at the same place, not long ago."""
        key = _key(text, offset, proposed)
        since = self._at_ms.get(key)
        if since is None:
            return False
        if at_ms - since >= REJECTED_MS:
            del self._at_ms[key]
            return False
        return True


def _key(text: str, offset: int, proposed: str) -> tuple[str, str, str]:
    before = text[max(0, offset - _BEFORE_CHARS) : offset]
    after = text[offset : offset + _AFTER_CHARS]
    return before, after, proposed.strip().partition("\n")[0].rstrip()
