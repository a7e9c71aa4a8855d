"""The whole repository as a client would see it, from its files.

Left out: a client's own choice (`echo_core.release.choice`).

Rules
 - Signatures, versions, expiry and the bytes of every target are looked at; each finding is a
   sentence that says what to do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import TOP_LEVEL_ROLE_NAMES, Metadata, Root, Targets

from echo_core.errors import EchoError, InputError, TrainerError
from echo_core.release import metadata
from echo_core.release.channel import CHANNELS
from echo_core.release.metadata import MODELS
from echo_trainer.release import publishing
from echo_trainer.release.repository import ReleaseRepository, read_metadata

SOON: Final = timedelta(days=2)


def findings(repository: ReleaseRepository) -> list[str]:
    """What is wrong; nothing where nothing is.

    Raises:
        TrainerError: there is no repository, or its root cannot be read.
    """
    if not repository.is_begun:
        raise TrainerError("The repository has not begun: `echo-trainer release init`.")
    found = _roots(repository)
    for role in (*sorted(TOP_LEVEL_ROLE_NAMES), MODELS, CHANNELS):
        if repository.version(role):
            found += _role(repository, role)
        elif role in TOP_LEVEL_ROLE_NAMES:
            found.append(f"There is no {role}: run `echo-trainer release keys finish`.")
    if not found:
        found += _versions(repository)
    for role in (MODELS, CHANNELS):
        found += _targets(repository, role)
    return found + _channels(repository)


def _roots(repository: ReleaseRepository) -> list[str]:
    """Each root is signed by the one before, so that old clients find their way."""
    before = None
    for version in range(1, repository.version(Root.type) + 1):
        path = repository.public / "metadata" / f"{version}.root.json"
        try:
            md: Metadata[Root] = Metadata.from_file(str(path))
            for judge in filter(None, (before, md.signed)):
                judge.verify_delegate(Root.type, md.signed_bytes, md.signatures)
        except RepositoryError:
            return [f"Root {version} does not follow from the one before: take it from a copy."]
        before = md.signed
    return []


def _role(repository: ReleaseRepository, role: str) -> list[str]:
    md = repository.open(role)
    try:
        repository.delegator(role).verify_delegate(role, md.signed_bytes, md.signatures)
    except (RepositoryError, ValueError):
        return [f"{role} is not signed as it should be: sign it again, or take it from a copy."]
    if md.signed.expires <= repository.now:
        return [f"{role} has expired: {_remedy(role)}."]
    if md.signed.expires - repository.now < SOON:
        return [f"{role} expires on {md.signed.expires:%Y-%m-%d}: {_remedy(role)}."]
    return []


def _remedy(role: str) -> str:
    if role in ("timestamp", "snapshot"):
        return "run `echo-trainer release refresh`"
    if role in (MODELS, CHANNELS):
        return "publish or roll out something"
    return "run `echo-trainer release keys renew`"


def _versions(repository: ReleaseRepository) -> list[str]:
    """That each file names the newest of what it names."""
    found = [
        f"The snapshot does not name the newest {name}: run `echo-trainer release refresh`."
        for name, info in repository.targets_infos.items()
        if name not in repository.snapshot().meta
        or repository.snapshot().meta[name].version != info.version
    ]
    if repository.timestamp().snapshot_meta.version != repository.version("snapshot"):
        found.append("The timestamp names an older snapshot: run `echo-trainer release refresh`.")
    return found


def _targets(repository: ReleaseRepository, role: str) -> list[str]:
    found = []
    signed = repository.open(role).signed
    for target in signed.targets.values() if isinstance(signed, Targets) else ():
        path = repository.target_path(target.path, target.hashes.get("sha256", ""))
        try:
            with (repository.public.parent / path).open("rb") as file:
                target.verify_length_and_hashes(file)
            if role == MODELS:
                metadata.read(target.unrecognized_fields.get("custom"))
        except OSError:
            found.append(f"{path} is gone: take it from a copy.")
        except RepositoryError:
            found.append(f"{path} is not what was signed: take it from a copy.")
        except InputError as error:
            found.append(f"{target.path}: {error}")
    return found


def _channels(repository: ReleaseRepository) -> list[str]:
    found = []
    released = set(repository.targets(MODELS).targets)
    for name in publishing.names(repository):
        try:
            named = publishing.read_channel(repository, name).releases()
        except EchoError as error:
            found.append(str(error))
            continue
        found += [
            f"The channel {name} names {each}, which is not published: publish or block it."
            for each in named
            if metadata.target_of(each) not in released
        ]
    return found


def read_drafts(repository: ReleaseRepository) -> list[str]:
    """Which drafts wait, for `show`."""
    found = []
    for path in sorted(repository.staged.glob("*.json")):
        md = read_metadata(path)
        found.append(f"{path.stem} version {md.signed.version}, {len(md.signatures)} signatures")
    return found
