"""What the root's keys are needed for: to begin a repository, to change keys, to go on for a year.

    begin   writes drafts of root.json and targets.json
    rotate  writes drafts in which a role has other keys
    renew   writes drafts that change nothing but the time until which they hold
    sign    adds the signatures of the root's keys that lie here; the drafts travel to the others
    finish  publishes the drafts, when enough have signed

Root and targets have the same keys and the same threshold: whoever may say who signs models may
say who signs everything. Left out: what is signed every week (`publishing`).

Rules
 - A draft is not published before every signature that a client will ask for is there: those of
   the new root's keys, and those of the root's before it.
 - A draft that is changed again loses its signatures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    Role,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from echo_core.errors import TrainerError
from echo_core.release.channel import CHANNELS
from echo_core.release.metadata import MODELS
from echo_trainer.release.repository import ReleaseRepository, Signers, read_metadata
from echo_trainer.release.vault import PublicKey

# What a person calls the keys, and the roles that they sign.
DUTIES: Final[dict[str, tuple[str, ...]]] = {
    "root": (Root.type, Targets.type),
    "release": (MODELS,),
    "rollout": (CHANNELS,),
    "online": (Snapshot.type, Timestamp.type),
}
_DRAFTS: Final = (Root.type, Targets.type)


@dataclass(frozen=True, slots=True)
class Keyholders:
    """Who signs what, when a repository begins."""

    roots: Sequence[PublicKey]
    threshold: int
    release: PublicKey
    rollout: PublicKey
    online: PublicKey

    def check(self) -> None:
        """That nobody holds two offices.

        Raises:
            TrainerError: somebody does, or the threshold cannot be met.
        """
        every = [*self.roots, self.release, self.rollout, self.online]
        if len({key.id for key in every}) != len(every):
            raise TrainerError(
                "One key has one duty: give each of root, release, rollout, online keys of its own."
            )
        if not 1 <= self.threshold <= len(self.roots):
            raise TrainerError(
                f"The threshold lies between 1 and {len(self.roots)}, the number of root keys."
            )


def begin(repository: ReleaseRepository, holders: Keyholders) -> None:
    """Draft the first root and the first targets; nothing where they are there.

    Raises:
        TrainerError: the keys will not do, or the repository has begun with others.
    """
    holders.check()
    if repository.is_begun:
        known = set(repository.root().get_delegated_role(Root.type).keyids)
        if known != {key.id for key in holders.roots}:
            raise TrainerError(
                "The repository has begun with other root keys: change them with"
                " `echo-trainer release keys rotate`."
            )
        return
    root = Root(consistent_snapshot=True, expires=repository.expiry(Root.type))
    for key in holders.roots:
        for role in (Root.type, Targets.type):
            root.add_key(key.key, role)
    for role in (Root.type, Targets.type):
        root.roles[role].threshold = holders.threshold
    for role in (Snapshot.type, Timestamp.type):
        root.add_key(holders.online.key, role)
    targets = Targets(expires=repository.expiry(Targets.type))
    targets.delegations = Delegations({}, {})
    for role, key in ((MODELS, holders.release), (CHANNELS, holders.rollout)):
        # Terminating: what lies beneath models/ is nobody else's to name.
        named = DelegatedRole(role, [], 1, terminating=True, paths=[f"{role}/*"])
        if targets.delegations.roles is not None:
            targets.delegations.roles[role] = named
        targets.add_key(key.key, role)
    drafts: dict[str, Root | Targets] = {Root.type: root, Targets.type: targets}
    if all(_is_drafted(repository, role, signed) for role, signed in drafts.items()):
        return
    for role, signed in drafts.items():
        _draft(repository, role, Metadata[Any](signed))
    repository.say(f"draft root and targets: {holders.threshold} of {len(holders.roots)} sign")


def rotate(
    repository: ReleaseRepository,
    duty: str,
    *,
    add: Sequence[PublicKey] = (),
    remove: Sequence[str] = (),
    threshold: int | None = None,
) -> None:
    """Draft what changes the keys of a duty; nothing where it has these keys.

    `remove` are ids, or beginnings of ids.

    Raises:
        TrainerError: there is no such duty or key, or too few would be left.
    """
    if duty not in DUTIES:
        raise TrainerError(f"There is no duty {duty}: it is one of {', '.join(DUTIES)}.")
    roles = DUTIES[duty]
    role = Targets.type if duty in ("release", "rollout") else Root.type
    signed = _staged(repository, role)
    said = _change(signed, roles, add, remove, threshold)
    if said:
        _draft(repository, role, Metadata[Any](signed))
        if duty == "root":  # who signs the targets has changed: they are signed anew
            _draft(repository, Targets.type, Metadata[Any](_staged(repository, Targets.type)))
    for sentence in said:
        repository.say(f"{duty}: {sentence}")


def renew(repository: ReleaseRepository) -> None:
    """Draft root and targets anew, to hold for another year.

    Nothing while they are young, or where a draft waits already: it holds from when it was made.
    """
    for role in _DRAFTS:
        if repository.is_old(role) and _read(repository, role) is None:
            signed = _staged(repository, role)
            _draft(repository, role, Metadata[Any](signed))
            repository.say(f"draft {role}, to hold until {signed.expires:%Y-%m-%d}")


def sign(repository: ReleaseRepository, signers: Signers) -> None:
    """Add what signatures the keys here can add.

    Raises:
        TrainerError: there are no drafts.
    """
    drafts = [(role, md) for role in _DRAFTS if (md := _read(repository, role)) is not None]
    if not drafts:
        raise TrainerError("Nothing waits for signatures: `keys rotate` or `init` drafts it.")
    for role, md in drafts:
        for key_id in sorted(_wanted(repository, role)):
            if key_id in md.signatures or not signers.holds(key_id):
                continue
            if not repository.is_dry and (signer := signers.signer(key_id)) is not None:
                md.sign(signer, append=True)
            repository.say(f"{role} version {md.signed.version}: signed by {key_id[:12]}")
        repository.changes.files[f"staged/{role}.json"] = md.to_bytes()


def missing(repository: ReleaseRepository) -> dict[str, str]:
    """What each draft still lacks, in words; nothing where it lacks nothing."""
    found = {}
    for role in _DRAFTS:
        md = _read(repository, role)
        if md is not None and (words := _lacks(repository, role, md)):
            found[role] = words
    return found


def duties(repository: ReleaseRepository) -> dict[str, list[str]]:
    """Which key, by id, may sign what."""
    found: dict[str, list[str]] = {}
    for duty, roles in DUTIES.items() if repository.is_begun else ():
        for key_id in repository.delegator(roles[0]).get_delegated_role(roles[0]).keyids:
            found.setdefault(key_id, []).append(duty)
    return found


def finish(repository: ReleaseRepository) -> None:
    """Publish the drafts; nothing where there are none.

    Raises:
        TrainerError: signatures are missing, or a key that signs what hangs on them.
    """
    drafts = {role: md for role in _DRAFTS if (md := _read(repository, role)) is not None}
    for role, words in missing(repository).items():
        raise TrainerError(f"The draft of {role} is not signed by enough: {words}.")
    for role, md in drafts.items():
        repository.adopt(role, md)
        repository.changes.removed.append(f"staged/{role}.json")
        repository.say(f"publish {role} version {md.signed.version}")
    for role in (MODELS, CHANNELS):
        if repository.version(role) and not _holds(repository, role):
            with repository.edit_targets(role):
                repository.say(f"sign {role} with its new key")
    for role in (Snapshot.type, Timestamp.type):
        if repository.version(role) and not _holds(repository, role):
            with repository.edit(role):
                repository.say(f"sign {role} with its new key")
    repository.seal()


# --- inside -------------------------------------------------------------------------------------


def _change(
    delegator: Root | Targets,
    roles: Sequence[str],
    add: Sequence[PublicKey],
    remove: Sequence[str],
    threshold: int | None,
) -> list[str]:
    """Have other keys sign these roles; what is new, in words."""
    said: dict[str, None] = {}  # in order, each once: a duty may have two roles
    for role in roles:
        for key in add:
            if key.id not in delegator.get_delegated_role(role).keyids:
                delegator.add_key(key.key, role)
                said[f"{key.name} {key.id[:12]} signs from now on"] = None
        for start in remove:
            for gone in _remove(delegator, role, start):
                said[f"{gone[:12]} signs no more"] = None
        named: Role = delegator.get_delegated_role(role)
        if threshold is not None and named.threshold != threshold:
            named.threshold = threshold
            said[f"{threshold} must sign from now on"] = None
        if not 1 <= named.threshold <= len(named.keyids):
            raise TrainerError(
                f"{len(named.keyids)} keys cannot sign {role} {named.threshold}"
                " times: add keys first, or lower the threshold."
            )
    return list(said)


def _remove(delegator: Root | Targets, role: str, start: str) -> list[str]:
    found = [each for each in delegator.get_delegated_role(role).keyids if each.startswith(start)]
    if len(found) > 1 or not start:
        raise TrainerError(f"{start} is the beginning of several keys: give more of it.")
    for each in found:
        delegator.revoke_key(each, role)
    return found


def _staged(repository: ReleaseRepository, role: str) -> Root | Targets:
    """The draft that is there, or the next version; with the time until which it would hold."""
    draft = _read(repository, role)
    md = draft or repository.open(role)
    if not isinstance(md.signed, Root | Targets) or not repository.is_begun:
        raise TrainerError("The repository has not begun: `echo-trainer release init`.")
    if draft is None:
        md.signed.version += 1
    md.signed.expires = repository.expiry(role)
    return md.signed


def _is_drafted(repository: ReleaseRepository, role: str, signed: Root | Targets) -> bool:
    """Whether a draft says the same already; it may have been signed since."""
    draft = _read(repository, role)
    if draft is None:
        return False
    signed.expires = draft.signed.expires
    return bool(draft.signed == signed)


def _draft(repository: ReleaseRepository, role: str, md: Metadata[Any]) -> None:
    repository.changes.files[f"staged/{role}.json"] = md.to_bytes()


def _read(repository: ReleaseRepository, role: str) -> Metadata[Any] | None:
    path = f"staged/{role}.json"
    if path in repository.changes.files:
        return Metadata.from_bytes(repository.changes.files[path])
    file = repository.staged / f"{role}.json"
    return read_metadata(file) if file.exists() else None


def _roots(repository: ReleaseRepository) -> list[Root]:
    """The root that clients hold, and the draft of the next."""
    found: list[Root] = [repository.root()] if repository.is_begun else []
    draft = _read(repository, Root.type)
    if draft is not None and isinstance(draft.signed, Root):
        found.append(draft.signed)
    return found


def _judges(repository: ReleaseRepository, role: str) -> list[Root]:
    roots = _roots(repository)
    return roots if role == Root.type else roots[-1:]


def _wanted(repository: ReleaseRepository, role: str) -> set[str]:
    return {
        key_id
        for root in _judges(repository, role)
        for key_id in root.get_delegated_role(role).keyids
    }


def _lacks(repository: ReleaseRepository, role: str, md: Metadata[Any]) -> str:
    for root in _judges(repository, role):
        found = root.get_verification_result(role, md.signed_bytes, md.signatures)
        if not found.verified:
            names = ", ".join(sorted(each[:12] for each in found.unsigned))
            return f"{found.threshold - len(found.signed)} more of {names}"
    return ""


def _holds(repository: ReleaseRepository, role: str) -> bool:
    """Whether what is published of a role is still believed."""
    md = repository.open(role)
    try:
        repository.delegator(role).verify_delegate(role, md.signed_bytes, md.signatures)
    except UnsignedMetadataError:
        return False
    return True
