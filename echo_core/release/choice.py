"""What a client does about releases: take one, stay, go back, refuse.

    what holds                                      what is wanted, in this order
    the person pinned something, and it is not      that, whatever the channel says
      blocked
    the client is on a side of an experiment        that side's release, then as below
    otherwise                                       each release whose rollout it is in,
                                                    then the model as it was pulled

The first of these that is not refused is the goal. Taking the goal twice changes nothing.

Left out: fetching, trying and loading it (`echo_daemon.updates`), when a release that was taken
is given up (`guards`).

Rules
 - A blocked release is left, pinned or not.
 - What failed on this machine is not taken again, until the person says so.
 - A refusal names its reason; the next best is taken in its place, at worst what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from echo_core.release import channel as channels
from echo_core.release.channel import Channel
from echo_core.release.metadata import Manifest, version

BASE: Final = ""  # in place of a release's name: the model as it was pulled


class Refusal(StrEnum):
    """Why a release is not taken."""

    BLOCKED = "blocked"
    FAILED = "failed"
    MISSING = "missing"
    MALFORMED = "malformed"
    TOO_NEW = "too_new"
    ENGINE = "engine"
    OTHER_BASE = "other_base"
    OTHER_FILE = "other_file"
    TOO_LARGE = "too_large"

    @property
    def sentence(self) -> str:
        """For a person."""
        return _SENTENCES[self]


_SENTENCES: Final[dict[Refusal, str]] = {
    Refusal.BLOCKED: "whoever published it has blocked it",
    Refusal.FAILED: "it failed on this machine; `echoctl models pin` takes it all the same",
    Refusal.MISSING: "the channel names it and the repository has no such model",
    Refusal.MALFORMED: "its manifest is not what Echo writes",
    Refusal.TOO_NEW: "it was written for a later version of Echo; update Echo",
    Refusal.ENGINE: "it needs a later llama-cpp-python; update Echo",
    Refusal.OTHER_BASE: "it was made for another model than the one in use",
    Refusal.OTHER_FILE: "its manifest was written for another file",
    Refusal.TOO_LARGE: "it is larger than `updates.bytes_max` allows",
}


class Move(StrEnum):
    """What is done."""

    TAKE = "take"
    STAY = "stay"
    BACK = "back"  # to what was here before, or to the model as it was pulled
    REFUSE = "refuse"  # something better was offered and cannot be taken: stay


@dataclass(frozen=True, slots=True)
class Offer:
    """What the repository says of a release: its manifest, or why there is none to be used."""

    manifest: Manifest | None = None
    problem: Refusal = Refusal.MISSING
    # What the signed target says of the file itself.
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """What this machine is, and what it has."""

    identity: str  # random, and never sent
    base_sha256: str  # of the model in use; empty: none
    engine: str  # the version of llama-cpp-python
    bytes_max: int
    current: str = BASE
    before: str = BASE  # what was here before `current`, and is still kept
    pinned: str | None = None
    failed: frozenset[str] = frozenset()  # releases that were given up here


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do. `goal` is what is in use afterwards; `arm` the side of an experiment."""

    move: Move
    goal: str
    arm: str = ""
    refused: dict[str, Refusal] = field(default_factory=dict)


def choose(client: Client, channel: Channel, offers: Mapping[str, Offer]) -> Choice:
    """What `client` does about `channel`."""
    refused: dict[str, Refusal] = {}
    for wanted, arm in _wanted(client, channel):
        reason = None if wanted == BASE else refusal(client, channel, wanted, offers)
        if reason is None:
            return Choice(_move(client, wanted, refused), wanted, arm, refused)
        refused[wanted] = reason
    raise AssertionError("the model as it was pulled is never refused")


def refusal(
    client: Client, channel: Channel, release: str, offers: Mapping[str, Offer]
) -> Refusal | None:
    """Why `client` cannot take `release`; None where it can."""
    if channel.block_of(release) is not None:
        return Refusal.BLOCKED
    if release in client.failed and client.pinned != release:
        return Refusal.FAILED
    if release == client.pinned == client.current:
        return None  # it is here, and need not be offered any more
    offer = offers.get(release, Offer())
    if offer.manifest is None:
        return offer.problem
    return misfit(client, offer.manifest, release) or _foreign(offer, offer.manifest)


def misfit(client: Client, manifest: Manifest, release: str) -> Refusal | None:
    """Why a manifest does not fit this machine."""
    if manifest.release != release:
        return Refusal.OTHER_FILE
    if manifest.base_sha256 != client.base_sha256:
        return Refusal.OTHER_BASE
    if version(manifest.engine_min) > version(client.engine):
        return Refusal.ENGINE
    return Refusal.TOO_LARGE if manifest.bytes > client.bytes_max else None


def _foreign(offer: Offer, manifest: Manifest) -> Refusal | None:
    same = (manifest.bytes, manifest.sha256) == (offer.bytes, offer.sha256)
    return None if same else Refusal.OTHER_FILE


def _wanted(client: Client, channel: Channel) -> list[tuple[str, str]]:
    wanted: list[tuple[str, str]] = []
    if client.pinned is not None:
        wanted.append((client.pinned, ""))
    side = channels.side(channel, client.identity)
    if side is not None:
        experiment, arm = side
        wanted.append((arm.release, f"{experiment.name}.{arm.name}"))
    wanted += [(release, "") for release in channels.offered(channel, client.identity)]
    return [*wanted, (BASE, "")]


def _move(client: Client, goal: str, refused: Mapping[str, Refusal]) -> Move:
    if goal == client.current:
        return Move.REFUSE if refused else Move.STAY
    return Move.BACK if goal in (BASE, client.before) else Move.TAKE
