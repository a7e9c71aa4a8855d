"""What a channel says: which releases go to how many clients, experiments, what is blocked.

    {"format": 1, "channel": "stable",
     "rollouts": [{"release": "r2", "salt": "…", "parts": 100000},
                  {"release": "r1", "salt": "…", "parts": 1000000}],
     "experiments": [{"name": "depth", "salt": "…",
                      "arms": [{"name": "old", "release": "r1", "parts": 500000},
                               {"name": "new", "release": "r2", "parts": 500000}]}],
     "blocked": [{"release": "r0", "reason": "…"}]}

Left out: what a client makes of it (`choice`).

Rules
 - Parts are of a million, whole numbers: 10% today is the same 10% on every machine.
 - Who is in a rollout stays in it when it grows; a new salt draws anew.
 - A client's bucket follows from a salt and its own random number, and from nothing else.
 - An arm without a release is the model as it was pulled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final

from echo_core.errors import InputError
from echo_core.release.metadata import FORMAT, check_format, is_name

CHANNELS: Final = "channels"  # the role, and the first part of its targets' paths
PARTS: Final = 1_000_000
CHANNEL_BYTES_MAX: Final = 256 << 10  # all the lists below, full, are a fifth of that
ROLLOUTS_MAX: Final = 16  # whoever keeps more releases alive has lost count of them
EXPERIMENTS_MAX: Final = 16
ARMS_MAX: Final = 8
BLOCKED_MAX: Final = 256
_SALT_CHARS_MAX: Final = 64
_REASON_CHARS_MAX: Final = 200
_BUCKET_BYTES: Final = 8  # so that a million does not divide unevenly


@dataclass(frozen=True, slots=True)
class Rollout:
    """A release, for those whose bucket of `salt` is below `parts`."""

    release: str
    salt: str
    parts: int


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of an experiment."""

    name: str
    release: str  # or empty
    parts: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """Sides that share out the buckets of `salt`; who is in none takes no part."""

    name: str
    salt: str
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A release that nobody keeps, and why."""

    release: str
    reason: str


@dataclass(frozen=True, slots=True)
class Channel:
    """All of it; of rollouts and experiments the first that fits counts."""

    channel: str
    rollouts: tuple[Rollout, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    blocked: tuple[Block, ...] = ()

    def releases(self) -> tuple[str, ...]:
        """Every release that somebody may be given, once each."""
        arms = (arm.release for each in self.experiments for arm in each.arms if arm.release)
        return tuple(dict.fromkeys((*(each.release for each in self.rollouts), *arms)))

    def block_of(self, release: str) -> Block | None:
        """Why `release` is blocked, if it is."""
        return next((each for each in self.blocked if each.release == release), None)


def target_of(channel: str) -> str:
    """Where a channel's file lies in the repository."""
    return f"{CHANNELS}/{channel}.json"


def bucket(salt: str, identity: str) -> int:
    """From 0 to PARTS - 1, evenly."""
    drawn = sha256(f"{salt}\n{identity}".encode()).digest()[:_BUCKET_BYTES]
    return int.from_bytes(drawn) * PARTS >> (8 * _BUCKET_BYTES)


def offered(channel: Channel, identity: str) -> Iterator[str]:
    """The releases that this client is in the rollout of, in the channel's order."""
    for each in channel.rollouts:
        if bucket(each.salt, identity) < each.parts:
            yield each.release


def side(channel: Channel, identity: str) -> tuple[Experiment, Arm] | None:
    """The experiment that this client is in, and on which side."""
    for experiment in channel.experiments:
        drawn = bucket(experiment.salt, identity)
        for arm in experiment.arms:
            drawn -= arm.parts
            if drawn < 0:
                return experiment, arm
    return None


# --- the written form -------------------------------------------------------------------------


def written(channel: Channel) -> bytes:
    """As it is signed: one form in bytes for a value."""
    table = {"format": FORMAT, **asdict(channel)}
    return (json.dumps(table, indent=1, sort_keys=True) + "\n").encode()


def read(content: bytes) -> Channel:
    """The channel in `content`.

    Raises:
        TooNewError: its format is later than ours.
        InputError: it is no channel.
    """
    if len(content) > CHANNEL_BYTES_MAX:
        raise InputError("A channel is larger than one may be.")
    try:
        table: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError("A channel is not JSON.") from error
    if not isinstance(table, Mapping):
        raise InputError("A channel is not an object.")
    check_format(table, "channel")
    channel = Channel(
        channel=_name(table, "channel"),
        rollouts=tuple(_rollout(each) for each in _many(table, "rollouts", ROLLOUTS_MAX)),
        experiments=tuple(
            _experiment(each) for each in _many(table, "experiments", EXPERIMENTS_MAX)
        ),
        blocked=tuple(
            Block(_name(each, "release"), _text(each, "reason", _REASON_CHARS_MAX))
            for each in _many(table, "blocked", BLOCKED_MAX)
        ),
    )
    check(channel)
    return channel


def check(channel: Channel) -> None:
    """That it can be followed.

    Raises:
        InputError: it names something twice, or shares out more than there is.
    """
    for what, names in (
        ("rollout", [each.release for each in channel.rollouts]),
        ("experiment", [each.name for each in channel.experiments]),
        ("block", [each.release for each in channel.blocked]),
        *(("arm", [arm.name for arm in each.arms]) for each in channel.experiments),
    ):
        if len(set(names)) != len(names):
            raise InputError(f"A channel has the same {what} twice.")
    for each in channel.experiments:
        if sum(arm.parts for arm in each.arms) > PARTS:
            raise InputError(f"The experiment {each.name} shares out more than there is.")


def _rollout(table: Mapping[object, object]) -> Rollout:
    return Rollout(_name(table, "release"), _text(table, "salt", _SALT_CHARS_MAX), _parts(table))


def _experiment(table: Mapping[object, object]) -> Experiment:
    arms = tuple(
        Arm(_name(each, "name"), _name(each, "release", empty=True), _parts(each))
        for each in _many(table, "arms", ARMS_MAX)
    )
    return Experiment(_name(table, "name"), _text(table, "salt", _SALT_CHARS_MAX), arms)


def _many(
    table: Mapping[object, object], field: str, most: int
) -> Iterator[Mapping[object, object]]:
    value = table.get(field)
    if not isinstance(value, list) or len(value) > most:
        raise _wrong(field)
    for each in value:
        if not isinstance(each, Mapping):
            raise _wrong(field)
        yield each


def _name(table: Mapping[object, object], field: str, *, empty: bool = False) -> str:
    value = table.get(field)
    if not isinstance(value, str) or not (is_name(value) or (empty and not value)):
        raise _wrong(field)
    return value


def _text(table: Mapping[object, object], field: str, chars_max: int) -> str:
    value = table.get(field)
    if not isinstance(value, str) or not value.isprintable() or len(value) > chars_max:
        raise _wrong(field)
    return value


def _parts(table: Mapping[object, object]) -> int:
    value = table.get("parts")
    if type(value) is not int or not 0 <= value <= PARTS:
        raise _wrong("parts")
    return value


def _wrong(field: str) -> InputError:
    return InputError(f"A channel has no right {field}.")
