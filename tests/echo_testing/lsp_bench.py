"""Everything that a test of the language server needs, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from echo_runtime.profile import Profile
from echo_testing.editor import Editor
from echo_testing.scripted_daemon import ScriptedDaemon


@dataclass
class Bench:
    """Everything of one test: the editor's server is a process, the daemon is in here."""

    profile: Profile
    daemon: ScriptedDaemon
    editor: Editor

    async def begin(
        self,
        encodings: tuple[str, ...] = ("utf-16",),
        options: Mapping[str, object] | None = None,
    ) -> Bench:
        """Daemon first, then the editor, and its first status is read."""
        await self.daemon.open()
        await self.editor.start(self.profile, encodings, options)
        assert (await self.editor.status()).kind == "ready"
        return self

    def log_text(self) -> str:
        """All that was logged."""
        return "".join(path.read_text() for path in self.profile.state_dir.iterdir())
