"""The part of the composition root that chooses the teacher: the local model, or an endpoint too.

Left out: what is asked (`echo_daemon.teaching`), how it travels (`echo_daemon.remote`).

Rules
 - Nothing is shown to an endpoint before the names that must not be are known.
 - What holds a credential, or something personal that no placeholder can stand for, is not shown:
   the local model answers. Code counts as prose here, so more is replaced than in a sample.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from rapidfuzz.distance import Levenshtein

from echo_core.clock import Clock
from echo_core.errors import EchoError, InputError
from echo_core.judging.checks import personal, secrets
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.persons.names import LocalNames
from echo_core.judging.checks.scan import TooMuchError
from echo_core.judging.checks.verdict import Finding
from echo_core.places import path_of
from echo_daemon.git.program import GitProgram
from echo_daemon.identity.local_names import gather
from echo_daemon.remote.chat import ChatEndpoint, Options
from echo_daemon.teaching.api import Teacher
from echo_daemon.teaching.endpoint import EndpointTeacher
from echo_daemon.teaching.local import LocalTeacher
from echo_engine.background import Background
from echo_runtime.settings_teacher import TeacherSettings

NAMES_EVERY_MS: Final = 600_000  # a workspace's new authors are known so late


class Tutoring:
    """The teacher of one daemon, and what it needs."""

    def __init__(
        self,
        engine: Background,
        settings: TeacherSettings,
        allowed: Callable[[], bool],
        clock: Clock,
        environ: Mapping[str, str],
    ) -> None:
        """`allowed`: whether the person agreed to ask the endpoint, as of now."""
        self.usable = True  # or else the endpoint that is configured cannot be asked
        self._clock = clock
        self._environ = environ
        self._names: LocalNames | None = None
        self._endpoint: ChatEndpoint | None = None
        self.teacher: Teacher = LocalTeacher(engine, Levenshtein.distance)
        if settings.endpoint:
            options = Options(
                settings.endpoint, settings.model, settings.key_env, settings.key_file
            )
            try:
                self._endpoint = ChatEndpoint(options, environ, clock)
            except InputError:
                self.usable = False
                return
            self.teacher = EndpointTeacher(self._endpoint, self.teacher, allowed, self.shown)

    async def learn(self, roots: Callable[[], Awaitable[Sequence[str]]]) -> None:
        """Know the names of this machine and of those who work at `roots`, again and again."""
        while self._endpoint is not None:
            try:
                folders = [Path(path_of(root)) for root in await roots()]
            except EchoError:
                folders = []  # no store is open: nothing is judged, so nothing is asked
            there = [folder for folder in folders if folder.is_dir()]
            self._names = await gather(GitProgram(), there, self._environ)
            await self._clock.sleep_ms(NAMES_EVERY_MS)

    def shown(self, case: Case) -> Case | None:
        """The case as an endpoint may see it; None: not at all."""
        if self._names is None or not _may_stay(secrets.judge(case).finding):
            return None
        try:
            hidden = personal.redact(case, None, self._names)
        except (TooMuchError, TimeoutError):
            return None
        verdict = personal.judge(hidden.case, hidden.prose, self._names)
        return hidden.case if _may_stay(verdict.finding) else None

    async def close(self) -> None:
        """End connections. Idempotent."""
        if self._endpoint is not None:
            await self._endpoint.close()


def _may_stay(finding: Finding) -> bool:
    return finding in (Finding.PASSED, Finding.MARKED)
