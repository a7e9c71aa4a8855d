"""Releases and channels: what is published, what it was made from, who gets it, what is blocked.

Left out: whether every file is what was signed: that reads all of them (`release verify`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tuf.api.metadata import Snapshot, Timestamp

from echo_core.errors import EchoError, InputError
from echo_core.release.channel import CHANNELS, PARTS, Block, Channel
from echo_core.release.metadata import MODELS, Manifest
from echo_trainer.console.parts import Page, Parts, page_of
from echo_trainer.console.runs import with_verdict
from echo_trainer.lake.versions import Versions
from echo_trainer.release import checking, publishing
from echo_trainer.release.repository import ReleaseRepository

ROLES: Final = {
    "root": "who signs what",
    "targets": "who signs models and channels",
    MODELS: "the releases",
    CHANNELS: "the channels",
    Snapshot.type: "which versions of these belong together",
    Timestamp.type: "which snapshot is the newest",
}


@dataclass(frozen=True, slots=True)
class RoleRow:
    """Until when a role's word holds."""

    role: str
    words: str
    version: int
    expires: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A release in a channel."""

    channel: str
    percent: float


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One published release."""

    manifest: Manifest
    given: tuple[Given, ...]
    blocked: tuple[str, ...]  # in which channels


@dataclass(frozen=True, slots=True)
class Releases:
    """What is published; `problems`: channels that cannot be read."""

    is_begun: bool = False
    drafts: Sequence[str] = ()
    roles: Sequence[RoleRow] = ()
    channels: Sequence[Channel] = ()
    releases: Page[ReleaseRow] = field(default_factory=lambda: Page((), 0, 0))
    problems: tuple[str, ...] = ()
    missing_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """One release's page."""

    row: ReleaseRow
    channels: tuple[str, ...]
    dataset: str  # the version's name, where it is here
    run: str  # whose gate let it pass, where it is here
    blocks: tuple[tuple[str, Block], ...]


def releases(parts: Parts, after: int = 0) -> Releases:
    """The repository as it is.

    Raises:
        TrainerError: its metadata cannot be read.
    """
    repository = parts.signing.look()
    drafts = checking.read_drafts(repository)
    if not repository.is_begun:
        return Releases(drafts=drafts)
    channels, problems = _channels(repository)
    manifests = sorted(publishing.released(repository), key=lambda one: one.release, reverse=True)
    page = page_of(manifests, after)
    rows = tuple(_row(one, channels) for one in page.rows)
    return Releases(
        is_begun=True,
        drafts=drafts,
        roles=[_role(repository, role) for role in ROLES if repository.version(role)],
        channels=channels,
        releases=Page(rows, page.total, page.after),
        problems=tuple(problems),
        missing_keys=missing_keys(parts, repository),
    )


def release(parts: Parts, name: str) -> Release:
    """One release.

    Raises:
        InputError: it is not published.
        TrainerError: the repository cannot be read.
    """
    repository = parts.signing.look()
    published = publishing.released(repository) if repository.is_begun else []
    manifest = next((one for one in published if one.release == name), None)
    if manifest is None:
        raise InputError("There is no such release: `echo-trainer release show` names them.")
    channels, _ = _channels(repository)
    found = ((one.channel, one.block_of(name)) for one in channels)
    return Release(
        _row(manifest, channels),
        tuple(one.channel for one in channels),
        _dataset(parts, manifest.dataset_sha256),
        with_verdict(parts, manifest.gate_sha256),
        tuple((channel, block) for channel, block in found if block is not None),
    )


def is_released(parts: Parts, gate_sha256: str) -> bool:
    """Whether a release names this verdict; taken for so where the repository cannot be read."""
    repository = parts.signing.look()
    try:
        published = publishing.released(repository) if repository.is_begun else []
    except EchoError:
        return True
    return any(one.gate_sha256 == gate_sha256 for one in published)


def missing_keys(parts: Parts, repository: ReleaseRepository) -> tuple[str, ...]:
    """The roles among those that a rollout signs of which no key lies here."""
    wanted = (CHANNELS, Snapshot.type, Timestamp.type)
    return tuple(role for role in wanted if not _holds(parts, repository, role))


def _holds(parts: Parts, repository: ReleaseRepository, role: str) -> bool:
    keys = repository.delegator(role).get_delegated_role(role).keyids
    return any(parts.signing.holds(key) for key in keys)


def _channels(repository: ReleaseRepository) -> tuple[list[Channel], list[str]]:
    found, problems = [], []
    for name in publishing.names(repository):
        try:
            found.append(publishing.read_channel(repository, name))
        except EchoError as error:
            problems.append(str(error))
    return found, problems


def _row(manifest: Manifest, channels: Sequence[Channel]) -> ReleaseRow:
    name = manifest.release
    given = tuple(
        Given(channel.channel, 100 * one.parts / PARTS)
        for channel in channels
        for one in channel.rollouts
        if one.release == name
    )
    blocked = tuple(one.channel for one in channels if one.block_of(name) is not None)
    return ReleaseRow(manifest, given, blocked)


def _role(repository: ReleaseRepository, role: str) -> RoleRow:
    expires = repository.open(role).signed.expires
    return RoleRow(
        role,
        ROLES[role],
        repository.version(role),
        f"{expires:%Y-%m-%d %H:%M} UTC",
        expires <= repository.now,
    )


def _dataset(parts: Parts, sha256: str) -> str:
    """The version whose manifest has this digest: it is named by its beginning."""
    try:
        lake = Versions(parts.lake())
        found = next((name for name in lake.names() if sha256.startswith(name)), "")
        return found if found and lake.manifest(found).digest == sha256 else ""
    except EchoError:
        return ""
