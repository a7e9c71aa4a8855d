"""What happens every week: a release is published, and given to some, to all, to nobody.

    publish   puts a model file and its manifest in          needs the keys release and online
    promote   names a release in a channel                    rollout and online, as do the rest
    rollout   gives it to a part of those who follow the channel
    rollback  takes the newest back from everybody, and blocks it
    block     a release that nobody keeps, wherever a channel names it
    refresh   says that all this still holds                  needs the key online

Left out: which releases deserve it (`judged`), experiments (`arranging`), what clients do
(`echo_core.release.choice`).

Rules
 - A release that was published is never another file.
 - Taking back is going forward: a new version of the channel names the older release.
 - A channel keeps the release below the newest, so that there is something to go back to.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Final

from tuf.api.metadata import TargetFile

from echo_core.errors import InputError, TrainerError
from echo_core.release import channel as channels
from echo_core.release import metadata
from echo_core.release.channel import PARTS, Block, Channel, Rollout
from echo_core.release.metadata import Manifest, is_name
from echo_runtime import files
from echo_trainer.release.repository import ReleaseRepository

KEPT: Final = 4  # releases that a channel names; clients hold two
_GGUF: Final = b"GGUF"


def measured(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a model file.

    Raises:
        TrainerError: it cannot be read, or is no GGUF file.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_GGUF)) != _GGUF:
                raise TrainerError(f"{path.name} is no GGUF file: export the model first.")
        return files.size_of(path), files.sha256_of(path, lambda _: None)
    except OSError as error:
        raise TrainerError(f"{path} cannot be read: {error.strerror}.") from error


def publish(repository: ReleaseRepository, file: Path, manifest: Manifest) -> None:
    """Put a release in; nothing where it is in.

    Raises:
        TrainerError: another one of this name is in, or the manifest is not one.
    """
    try:
        manifest = metadata.read(metadata.written(manifest))
    except InputError as error:
        raise TrainerError(f"The release cannot be published: {error}") from error
    target = TargetFile(
        manifest.bytes,
        {"sha256": manifest.sha256},
        manifest.target,
        {"custom": metadata.written(manifest)},
    )
    _begun(repository)
    there = _models(repository).get(manifest.target)
    if there is not None and there != target:
        raise TrainerError(
            f"{manifest.release} is published with another file or manifest: give another name."
        )
    if there is None:
        with repository.edit_targets(metadata.MODELS) as models:
            models.targets[manifest.target] = target
        path = repository.target_path(manifest.target, manifest.sha256)
        repository.changes.copies[path] = file
        repository.say(
            f"publish {manifest.release}: {manifest.kind} over {manifest.base},"
            f" {manifest.bytes} bytes, SHA-256 {manifest.sha256[:12]}…"
        )
    repository.seal()


def released(repository: ReleaseRepository) -> list[Manifest]:
    """What is published."""
    return [
        metadata.read(target.unrecognized_fields.get("custom"))
        for target in _models(repository).values()
    ]


def read_channel(repository: ReleaseRepository, name: str) -> Channel:
    """A channel as it stands; an empty one where it is not there yet.

    Raises:
        TrainerError: it is no name, or what is there is no channel.
    """
    if not is_name(name):
        raise TrainerError("A channel's name has small letters, digits and .-_ only.")
    target = _channels(repository).get(channels.target_of(name))
    if target is None:
        return Channel(name)
    try:
        return channels.read(repository.read_target(target.path, target.hashes["sha256"]))
    except InputError as error:
        raise TrainerError(f"The channel {name} cannot be read: {error}") from error


def names(repository: ReleaseRepository) -> list[str]:
    """All channels."""
    start, end = f"{channels.CHANNELS}/", ".json"
    return sorted(each[len(start) : -len(end)] for each in _channels(repository))


def promote(repository: ReleaseRepository, release: str, channel: str, parts: int = PARTS) -> None:
    """Make a release the newest of a channel, for `parts` of a million.

    Raises:
        TrainerError: it is not published, or is blocked.
    """
    require_published(repository, release)
    before = read_channel(repository, channel)
    if before.block_of(release) is not None:
        raise TrainerError(f"{release} is blocked in {channel}: publish another.")
    known = next((each for each in before.rollouts if each.release == release), None)
    salt = known.salt if known is not None else secrets.token_hex(8)
    others = tuple(each for each in before.rollouts if each.release != release)
    rollouts = (Rollout(release, salt, parts), *others)[:KEPT]
    put(repository, before, replace(before, rollouts=rollouts))


def rollout(
    repository: ReleaseRepository, channel: str, parts: int, release: str | None = None
) -> None:
    """Give a release of a channel, the newest if none is named, to `parts` of a million.

    Raises:
        TrainerError: the channel does not name it.
    """
    before = read_channel(repository, channel)
    release = release or _newest(before)
    if release not in (each.release for each in before.rollouts):
        raise TrainerError(f"{channel} does not name {release}: promote it first.")
    rollouts = tuple(
        replace(each, parts=parts) if each.release == release else each for each in before.rollouts
    )
    put(repository, before, replace(before, rollouts=rollouts))


def rollback(repository: ReleaseRepository, channel: str, release: str, reason: str) -> None:
    """Take a release back from everybody; the one below it is for all from here on.

    Raises:
        TrainerError: the channel never named it.
    """
    before = read_channel(repository, channel)
    if before.block_of(release) is not None:
        repository.seal()
        return
    if release not in (each.release for each in before.rollouts):
        raise TrainerError(f"{channel} does not name {release}: see `echo-trainer release show`.")
    was_newest = release == _newest(before)
    left = _without(before, release, reason)
    if was_newest and left.rollouts:
        first, *others = left.rollouts
        left = replace(left, rollouts=(replace(first, parts=PARTS), *others))
    put(repository, before, left)


def block(repository: ReleaseRepository, release: str, reason: str) -> None:
    """A release that nobody keeps, whichever channel they follow.

    Raises:
        TrainerError: it is not published.
    """
    require_published(repository, release)
    for name in names(repository):
        before = read_channel(repository, name)
        if before.block_of(release) is None:
            put(repository, before, _without(before, release, reason))
    repository.seal()


def refresh(repository: ReleaseRepository) -> None:
    """Sign snapshot and timestamp anew where half of their time is over."""
    _begun(repository)
    before = repository.version("timestamp")
    repository.seal()
    if repository.version("timestamp") != before:
        repository.say(f"sign the timestamp anew, until {repository.timestamp().expires:%Y-%m-%d}")


def put(repository: ReleaseRepository, before: Channel, after: Channel) -> None:
    """Have a channel written as it is to be, signed; nothing where it is so.

    Raises:
        TrainerError: clients could not follow it.
    """
    try:
        channels.check(after)
        content = channels.written(after)
        channels.read(content)
    except InputError as error:
        raise TrainerError(f"The channel cannot be written: {error}") from error
    path = channels.target_of(after.channel)
    if after != before or path not in _channels(repository):
        target = TargetFile.from_data(path, content)
        with repository.edit_targets(channels.CHANNELS) as role:
            role.targets[path] = target
        repository.changes.files[repository.target_path(path, target.hashes["sha256"])] = content
        for sentence in differences(before, after):
            repository.say(sentence)
    repository.seal()


def require_published(repository: ReleaseRepository, release: str) -> None:
    """That a release is published.

    Raises:
        TrainerError: it is not.
    """
    if metadata.target_of(release) not in _models(repository):
        raise TrainerError(f"{release} is not published: `echo-trainer release publish` does it.")


# --- inside -------------------------------------------------------------------------------------


def differences(before: Channel, after: Channel) -> list[str]:
    """What changes for those who follow a channel, in words."""
    shares = {each.release: each.parts for each in before.rollouts}
    said = [
        f"{after.channel}: {each.release} for {100 * each.parts / PARTS:g}%"
        for each in after.rollouts
        if shares.get(each.release) != each.parts
    ]
    kept = {each.release for each in after.rollouts}
    said += [f"{after.channel}: {each} no longer" for each in shares if each not in kept]
    said += [
        f"{after.channel}: block {each.release}: {each.reason}"
        for each in after.blocked
        if each not in before.blocked
    ]
    if after.experiments != before.experiments:
        named = ", ".join(each.name for each in after.experiments) or "none"
        said.append(f"{after.channel}: experiments: {named}")
    return said or [f"{after.channel}: begin"]


def _without(channel: Channel, release: str, reason: str) -> Channel:
    return replace(
        channel,
        rollouts=tuple(each for each in channel.rollouts if each.release != release),
        blocked=(*channel.blocked, Block(release, reason))[-channels.BLOCKED_MAX :],
    )


def _newest(channel: Channel) -> str:
    if not channel.rollouts:
        raise TrainerError(f"{channel.channel} names no release: promote one first.")
    return channel.rollouts[0].release


def _begun(repository: ReleaseRepository) -> None:
    if not repository.is_begun:
        raise TrainerError("The repository has not begun: `echo-trainer release init`.")


def _models(repository: ReleaseRepository) -> dict[str, TargetFile]:
    _begun(repository)
    return repository.targets(metadata.MODELS).targets


def _channels(repository: ReleaseRepository) -> dict[str, TargetFile]:
    _begun(repository)
    return repository.targets(channels.CHANNELS).targets
