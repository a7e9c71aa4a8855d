"""What the inspector asks for: a method a page.

Left out: who answers (`echo_daemon.inspecting.pages`).
"""

from __future__ import annotations

from typing import Protocol

from echo_daemon.inspecting.consents import ConsentPage
from echo_daemon.inspecting.gaps import EndedPage, EndedQuery, GapsPage, GapsQuery
from echo_daemon.inspecting.leaving import LeavingPage
from echo_daemon.inspecting.models import ModelsPage
from echo_daemon.inspecting.outbox import OutboxPage
from echo_daemon.inspecting.overview import Overview
from echo_daemon.inspecting.progress import Progress, ProgressQuery
from echo_daemon.inspecting.samples import SamplePage


class Inspecting(Protocol):
    """One profile, page by page. Nothing is changed by looking, and no page waits for a model.

    Where no store was ever made every page is there all the same, with nothing in it.

    Raises (from each):
        StoreError: the store is there and cannot be read.
    """

    async def overview(self) -> Overview: ...

    async def progress(self, query: ProgressQuery) -> Progress: ...

    async def gaps(self, query: GapsQuery) -> GapsPage: ...

    async def ended(self, query: EndedQuery) -> EndedPage: ...

    async def sample(self, number: int) -> SamplePage:
        """One sample.

        Raises:
            InputError: there is none of that number.
        """
        ...

    async def outbox(self) -> OutboxPage: ...

    async def consents(self) -> ConsentPage: ...

    async def models(self) -> ModelsPage: ...

    async def leaving(self) -> LeavingPage: ...
