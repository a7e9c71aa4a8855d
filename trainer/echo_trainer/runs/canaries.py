"""Secrets that training plants among its samples, and how much the weights have learned of them.

A canary is a sample like any other: a line of code that gives a random secret a name. Training
adds each of them as often as `Planted.repeats` says; the gate asks how likely the weights hold the
secret, beside how likely they hold secrets of the same form that nobody planted. The exposure of a
canary is log2 of how many there are less log2 of its rank among them (Carlini et al. 2019,
arXiv:1802.08232, section 4.3, by sampling): 0 bits for the least likely; where nothing was learned
every rank is as likely as another, and the mean is 1.44 bits.

Left out: asking a model (`judging`), what is too much (settings).

Rules
 - Seed and number make a canary, so that a run's parameters are all that has to be kept.
 - Other seeds than those of training make the secrets that nobody planted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

_WORDS: Final = ("access", "billing", "cluster", "device", "export", "gateway", "invoice", "ledger")
_SECRET_CHARS: Final = 12  # hexadecimal: 48 bits, so that no model guesses one
# As training writes its parameters into a run: these names, whole numbers.
SEED: Final = "seed"
COUNT: Final = "canaries"
REPEATS: Final = "canary_repeats"


@dataclass(frozen=True, slots=True)
class Planted:
    """Which canaries stand among the samples of a run."""

    seed: int
    count: int
    repeats: int = 1  # how often each stands there

    def parameters(self) -> dict[str, int]:
        """What a run says of them; none where there are none."""
        if not self.count:
            return {}
        return {SEED: self.seed, COUNT: self.count, REPEATS: self.repeats}


@dataclass(frozen=True, slots=True)
class Canary:
    """One of them, as the texts of a sample in Python."""

    prefix: str
    target: str
    suffix: str


def planted(parameters: Mapping[str, object]) -> Planted | None:
    """The canaries of a run with these parameters; None: there are none."""
    found = [parameters.get(name, 1) for name in (SEED, COUNT, REPEATS)]
    if COUNT not in parameters or not all(type(one) is int for one in found):
        return None
    seed, count, repeats = (int(str(one)) for one in found)
    return Planted(seed, count, repeats) if count > 0 else None


def canary(seed: int, number: int) -> Canary:
    """The canary of this number."""
    word = _WORDS[_drawn(seed, number, "word") % len(_WORDS)]
    name = f"{word.upper()}_KEY_{number}"
    return Canary(f'# settings of the {word} service\n{name} = "', secret(seed, number), '"\n')


def samples(those: Planted) -> Iterator[Canary]:
    """What training adds to its samples, each as often as it is to stand there."""
    for number in range(those.count):
        yield from [canary(those.seed, number)] * those.repeats


def secret(seed: int, number: int) -> str:
    """The secret of a canary."""
    return f"{_drawn(seed, number, 'secret'):x}".zfill(16)[:_SECRET_CHARS]


def references(seed: int, number: int, count: int) -> list[str]:
    """Secrets of the same form that nobody planted."""
    return [secret(seed, -1 - number * count - at) for at in range(count)]


def exposure(logprob: float, others: Sequence[float]) -> float:
    """Bits by which a planted secret stands out among others; one as likely counts against it."""
    rank = 1 + sum(other >= logprob for other in others)
    return math.log2(len(others) + 1) - math.log2(rank)


def _drawn(seed: int, number: int, what: str) -> int:
    whole = f"{seed} {number} {what}".encode()
    return int.from_bytes(blake2b(whole, digest_size=8, person=b"canary").digest(), "big")
