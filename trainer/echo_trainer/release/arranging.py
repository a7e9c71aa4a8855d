"""Experiments in channels: to begin one, to end it, and what one was that is over.

Left out: what came of it (`echo_trainer.experiments`).

Rules
 - A name stands for one experiment for ever: counters name their side by it, and those of another
   experiment, or of other shares, would be added to them.
 - What an experiment was is read from the versions of its channel, which all stay in the
   repository.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tuf.api.metadata import Targets

from echo_core.errors import InputError, TrainerError
from echo_core.release import channel as channels
from echo_core.release.channel import PARTS, Arm, Channel, Experiment
from echo_core.release.metadata import is_name
from echo_trainer.release import publishing
from echo_trainer.release.repository import ReleaseRepository, read_metadata


def start(repository: ReleaseRepository, channel: str, name: str, arms: Sequence[Arm]) -> None:
    """Begin an experiment; nothing where it runs as this one.

    Raises:
        TrainerError: it cannot be, or another one had its name.
    """
    before = publishing.read_channel(repository, channel)
    known = find(repository, channel, name)
    running = known is not None and known in before.experiments
    if known is not None and (known.arms != tuple(arms) or not running):
        raise TrainerError(f"{channel} had an experiment {name} already: give another name.")
    _check(name, arms)
    for arm in arms:
        if arm.release:
            publishing.require_published(repository, arm.release)
            if before.block_of(arm.release) is not None:
                raise TrainerError(f"{arm.release} is blocked in {channel}: publish another.")
    made = known or Experiment(name, secrets.token_hex(8), tuple(arms))
    others = tuple(each for each in before.experiments if each.name != name)
    after = before if running else replace(before, experiments=(*others, made))
    publishing.put(repository, before, after)


def stop(repository: ReleaseRepository, channel: str, name: str) -> None:
    """End an experiment: its clients take what the channel gives to all; nothing where it ended.

    Raises:
        TrainerError: there never was one.
    """
    if find(repository, channel, name) is None:
        raise TrainerError(f"{channel} never had an experiment {name}: see `experiment show`.")
    before = publishing.read_channel(repository, channel)
    left = tuple(each for each in before.experiments if each.name != name)
    publishing.put(repository, before, replace(before, experiments=left))


def find(repository: ReleaseRepository, channel: str, name: str) -> Experiment | None:
    """An experiment, whether it runs or is over."""
    for version in _versions(repository, channel):
        for each in version.experiments:
            if each.name == name:
                return each
    return None


def all_of(repository: ReleaseRepository, channel: str) -> dict[str, Experiment]:
    """Every experiment that a channel has or had, the newest first."""
    found: dict[str, Experiment] = {}
    for version in _versions(repository, channel):
        for each in version.experiments:
            found.setdefault(each.name, each)
    return found


def _check(name: str, arms: Sequence[Arm]) -> None:
    if len(arms) < 2:
        raise TrainerError("An experiment has two sides or more: give --arm for each.")
    if sum(arm.parts for arm in arms) > PARTS or any(arm.parts <= 0 for arm in arms):
        raise TrainerError("The sides' shares are above 0 and together at most 100 percent.")
    for arm in arms:
        # Events name the side as EXPERIMENT.ARM, and counters have room for a name.
        plain = is_name(name) and is_name(arm.name) and "." not in name + arm.name
        if not plain or not is_name(f"{name}.{arm.name}"):
            raise TrainerError(
                "Names of experiments and sides have small letters, digits, - and _ only, both"
                " together at most 63."
            )


def _versions(repository: ReleaseRepository, channel: str) -> Iterator[Channel]:
    """What a channel said, the newest first."""
    yield publishing.read_channel(repository, channel)
    seen = set()
    for number in range(repository.version(channels.CHANNELS), 0, -1):
        path = repository.public / "metadata" / f"{number}.{channels.CHANNELS}.json"
        signed = read_metadata(path).signed if path.exists() else None
        targets = signed.targets if isinstance(signed, Targets) else {}
        target = targets.get(channels.target_of(channel))
        digest = target.hashes.get("sha256", "") if target is not None else ""
        if not digest or digest in seen:
            continue
        seen.add(digest)
        try:
            yield channels.read(repository.read_target(channels.target_of(channel), digest))
        except InputError as error:
            raise TrainerError(f"An older {channel} cannot be read: {error}") from error
