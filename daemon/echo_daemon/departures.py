"""The part of the composition root that puts sharing together: consent, outbox, and erasing.

Left out: everything that stays on this machine (`app`).
"""

from __future__ import annotations

import os
import random
from collections.abc import Awaitable, Callable
from importlib.metadata import version

from echo_core.clock import Clock
from echo_core.records.wire import ConsentChoice, DashboardLink
from echo_core.sharing.bundle.sending import Caps
from echo_daemon.consenting import Consenting
from echo_daemon.distilling.desk import Desk
from echo_daemon.inspecting.api import Inspecting
from echo_daemon.intake.client import IntakeClient
from echo_daemon.leave import RecordedLeave
from echo_daemon.outgoing import Outgoing
from echo_daemon.permission.metered import SystemLink
from echo_daemon.releasing import Releasing
from echo_daemon.rpc.connection import Desks
from echo_daemon.sealing.sealer import BundleSealer
from echo_daemon.sharing.api import Others, SharingOptions
from echo_daemon.sharing.office import SharingOffice
from echo_daemon.store.counting import StoreCounts
from echo_daemon.store.kept import StoreKept
from echo_daemon.store.outbox import StoreOutbox
from echo_daemon.store.recorder import Store
from echo_runtime.profile import Profile
from echo_runtime.settings_sharing import SharingSettings

_HOUR_MS = 3_600_000


class Departures:
    """All that has to do with leaving this machine."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: SharingSettings,
        choose_recording: Callable[[ConsentChoice], Awaitable[object]],
        profile: Profile,
    ) -> None:
        leave = RecordedLeave(store.choices, os.environ, explicit=profile.is_throw_away)
        others = Others(
            outbox=StoreOutbox(store),
            samples=StoreKept(store),
            counts=StoreCounts(store),
            sealer=BundleSealer(),
            intake=IntakeClient(settings.token),
            link=SystemLink(),
            leave=leave,
            clock=clock,
            chance=random.random,
        )
        self.leave = leave
        self.office = SharingOffice(others, options_of(settings))
        self.consenting = Consenting(
            store.choices, leave.decide, choose_recording, self.office.settle
        )
        self.outgoing = Outgoing(self.office, clock)

    def desks(
        self,
        judging: Desk,
        releasing: Releasing,
        pages: Inspecting,
        dashboard: Callable[[], Awaitable[DashboardLink]],
    ) -> Desks:
        """What people ask for beside the hub."""
        return Desks(
            judging, self.consenting, self.outgoing, releasing, self.erase, pages, dashboard
        )

    async def erase(self, erase: Callable[[], Awaitable[None]]) -> None:
        """Take back all that was sent, then erase; what is to be deleted elsewhere is kept.

        Raises:
            StoreError: some of it is still there.
        """
        await self.consenting.take_all_back("echoctl")
        wishes = await self.office.wishes_to_keep()
        await erase()
        await self.office.erased(wishes)


def options_of(settings: SharingSettings) -> SharingOptions:
    """The settings as the service uses them."""
    return SharingOptions(
        intake=settings.intake.rstrip("/"),
        root_key=settings.root_key.lower(),
        delay_ms=settings.delay_hours * _HOUR_MS,
        caps=Caps(settings.samples_a_day, settings.bytes_a_day),
        on_metered=settings.on_metered,
        version=version("echo-completion"),
        rejected=settings.rejected,
    )
