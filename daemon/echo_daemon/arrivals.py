"""The part of the composition root that puts updates together: repository, folder, engine.

Left out: everything that leaves (`departures`), everything that stays (`app`).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import EchoError, InputError
from echo_core.sharing.bundle.sending import Metered
from echo_daemon.permission.metered import SystemLink
from echo_daemon.releases.keeping import ReleaseFolder
from echo_daemon.releasing import Releasing
from echo_daemon.updates.api import Base, Others, Repository, Swaps, UpdateOptions
from echo_daemon.updates.updater import Updates
from echo_runtime.logs import Label, Log
from echo_runtime.profile import Profile
from echo_runtime.settings_updates import UpdatesSettings

_HOUR_MS: Final = 3_600_000
ROOT_NAME: Final = "root.json"
ROOT_BYTES_MAX: Final = 512_000  # as python-tuf allows


class Arrivals:
    """All that has to do with new weights for this machine."""

    def __init__(
        self,
        profile: Profile,
        settings: UpdatesSettings,
        clock: Clock,
        log: Log,
        *,
        engine: Callable[[], Swaps],
        base: Callable[[], Base | None],
        quiet_ms: Callable[[], float],
    ) -> None:
        folder = ReleaseFolder(profile.data_dir / "releases")
        repository, hindrance = _repository(profile, settings, clock, folder)
        self._link = SystemLink()

        def tell(what: str, release: str, why: str) -> None:
            log.info("release", what=Label(what), release=Label(release), why=Label(why))

        others = Others(
            engine=engine,
            repository=repository,
            folder=folder,
            base=base,
            quiet_ms=quiet_ms,
            is_metered=self._is_metered,
            clock=clock,
            tell=tell,
            hindrance=hindrance,
        )
        options = UpdateOptions(
            address=settings.repository,
            channel=settings.channel,
            every_ms=settings.hours * _HOUR_MS,
            bytes_max=settings.bytes_max,
            on_metered=settings.on_metered,
            engine=metadata.version("llama-cpp-python"),
        )
        self.updates = Updates(others, options)
        self.releasing = Releasing(self.updates, settings.repository, settings.channel)

    async def _is_metered(self) -> bool:
        return await self._link.metered() is Metered.YES


def _repository(
    profile: Profile, settings: UpdatesSettings, clock: Clock, folder: ReleaseFolder
) -> tuple[Repository | None, str]:
    """The repository that is configured, or why there is none in a sentence."""
    if not settings.repository:
        return None, ""
    # python-tuf takes a tenth of a second and 10 MB: only where it is wanted.
    from echo_daemon.releases.fetching import Fetcher, check_address  # noqa: PLC0415
    from echo_daemon.releases.repository import TufRepository  # noqa: PLC0415

    try:
        address = check_address(settings.repository)
        root = _root(profile, settings)
    except EchoError as error:
        return None, str(error)
    return TufRepository(folder.metadata, address, root, Fetcher(clock)), ""


def _root(profile: Profile, settings: UpdatesSettings) -> bytes:
    """The root that was handed out: as configured, else beside config.toml, else with Echo.

    Raises:
        InputError: there is none.
    """
    beside = profile.config_file.with_name(ROOT_NAME)
    if settings.root:
        path = Path(settings.root).expanduser()
    elif beside.exists():
        path = beside
    else:
        handed = resources.files("echo_daemon.releases").joinpath(ROOT_NAME)
        if handed.is_file():
            return handed.read_bytes()
        raise InputError(
            f"A repository is configured without its root: put `root.json` at {beside}, or name"
            " it with `updates.root`."
        )
    try:
        with path.open("rb") as file:
            content = file.read(ROOT_BYTES_MAX + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: see `updates.root`.") from error
    if len(content) > ROOT_BYTES_MAX:
        raise InputError(f"{path} is too large to be a root.json: see `updates.root`.")
    return content
