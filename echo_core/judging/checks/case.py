"""A case: a sample as the checks see it, with its target cut."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """What stood around the cursor and what was kept there. Offsets are code points of `whole`."""

    language: str  # LSP's language id
    path: str  # below its workspace, with "/"; only the file's name where there is none
    prefix: str  # ends at the cursor; may begin in the middle of a file
    target: str  # the refined commit state; empty where silence was right
    suffix: str  # may end in the middle of a file

    @property
    def whole(self) -> str:
        """The text with the target in place."""
        return self.prefix + self.target + self.suffix

    @property
    def before(self) -> str:
        """The text as it was at the request, without the target."""
        return self.prefix + self.suffix

    @property
    def start(self) -> int:
        """Where the target begins in `whole`."""
        return len(self.prefix)

    @property
    def end(self) -> int:
        """Where the target ends in `whole`."""
        return len(self.prefix) + len(self.target)
