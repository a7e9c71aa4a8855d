"""Every number that decides what a dataset version holds, with its reason (docs/curation.md).

Left out: where data lie and who may send (settings of the trainer).

Rules
 - All are whole numbers or texts: thousandths, characters, tokens. A version's manifest holds all.
 - Where the paper gives a number it is the default; where it gives a direction only, the comment
   says that the number is ours.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from typing import Final

from echo_core.errors import InputError

THOUSAND: Final = 1000
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Parameters:
    """What decides. A value with other parameters makes another version."""

    seed: int = 0  # of every draw; the only thing to change for another sample of the same data
    budget: int = (
        1_000_000  # samples of a version; the paper trained on 50,000 and saw 200,000 help
    )

    # --- likeness (Lee et al. 2022 dedupe at Jaccard 0.8; the window is ours: a gap's two anchors)
    window_before_chars: int = 320  # twice GAP_ANCHOR_CHARS: what makes the place, not the file
    window_after_chars: int = 160
    shingle_tokens: int = 5
    bands: int = 16
    band_rows: int = 8  # 16 bands of 8 find a likeness of 0.8 with 94.7%, of 0.5 with 6%
    likeness_min: int = 800  # thousandths of Jaccard's index, counted after the bands

    # --- contamination (13 tokens: Brown et al. 2020, appendix C)
    contamination_tokens: int = 13

    # --- rare content; 5 is the usual floor of k-anonymity in statistics, 1 switches it off
    contributors_min: int = 5

    # --- persons (ours: a share may be ten times the even one, as people differ that much)
    week_samples_max: int = 1400  # of one pseudonym: `sharing.samples_a_day` of seven days
    contributor_even_shares: int = 10  # how many even shares one pseudonym may have
    contributor_floor: int = 64  # one bundle is never too much
    same_target_max: int = 50  # of one text of 12 characters or more

    # --- silence: the paper's 1:10 at 50,000 samples, falling; the points after it are ours
    void_curve: tuple[tuple[int, int], ...] = (
        (50_000, 100),  # samples that are none, and voids for each thousand of them
        (200_000, 70),
        (1_000_000, 45),
        (10_000_000, 20),
    )

    # --- lengths (the paper: suppress short, boost medium, prune long; the numbers are ours)
    # Characters without blanks at both ends: below 4 is a closing bracket, 12 a short call,
    # 320 is GLANCE_CHARS_MAX, beyond which nothing is offered at once.
    length_bounds: tuple[int, ...] = (4, 12, 160, 320)
    length_shares: tuple[int, ...] = (50, 200, 1000, 150, 20)  # thousandths of all, at most
    length_weights: tuple[int, ...] = (300, 600, 1500, 700, 200)  # chance, in thousandths

    # --- perplexity: the middle zone teaches (Zed's practice; the paper: down-sample what is wild)
    easy_weight: int = 300
    middle_weight: int = 1000
    wild_weight: int = 250
    unmeasured_weight: int = 800

    # --- languages: the share that the square root of the counts gives, and a quarter more (ours)
    language_slack: int = 1250

    # --- held out
    heldout_newest: int = 50  # thousandths of the samples, whole days, counted from the newest
    heldout_persons: int = 50  # thousandths of the pseudonyms, all that they sent
    heldout_sketch_max: int = 3  # lines of eight that a held-out file may share with training

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            InputError: a number is out of bounds, or lists do not fit one another.
        """
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, int) and value < 0:
                raise InputError(f"The parameter {each.name} must not be negative.")
        least_one = ("shingle_tokens", "bands", "band_rows", "contamination_tokens", "budget")
        if any(getattr(self, name) < 1 for name in least_one):
            raise InputError(f"None of these parameters may be 0: {', '.join(least_one)}.")
        if list(self.length_bounds) != sorted(set(self.length_bounds)):
            raise InputError("The parameter length_bounds must rise.")
        if not len(self.length_bounds) + 1 == len(self.length_shares) == len(self.length_weights):
            raise InputError("There is one more of length_shares and length_weights than bounds.")
        voids = [at * part for at, part in self.void_curve]
        places = [at for at, _ in self.void_curve]
        if not voids or voids != sorted(voids) or places != sorted(set(places)) or places[0] < 1:
            raise InputError("The void_curve must rise in samples, and never fall in voids.")

    def digest(self) -> str:
        """What two versions are compared by."""
        return sha256(self.as_json().encode()).hexdigest()

    def as_json(self) -> str:
        """The one written form."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


def changed(parameters: Parameters, changes: dict[str, object]) -> Parameters:
    """`parameters` with some of them as a file or command line gives them.

    Raises:
        InputError: there is no such parameter, or the value is of another kind.
    """
    known = {each.name for each in fields(parameters)}
    fitting: dict[str, int | tuple[object, ...]] = {}
    for name, value in changes.items():
        if name not in known:
            raise InputError(f"There is no parameter {name!r}: see docs/curation.md.")
        now = getattr(parameters, name)
        fitting[name] = _like(name, now, value)
    return replace(parameters, **fitting)  # type: ignore[arg-type] # checked one by one


def _like(name: str, now: object, value: object) -> int | tuple[object, ...]:
    if isinstance(now, int) and type(value) is int:
        return value
    if isinstance(now, tuple) and isinstance(value, list | tuple):
        if now and isinstance(now[0], tuple):
            if all(isinstance(one, list | tuple) and len(one) == _PAIR for one in value):
                pairs = tuple(tuple(one) for one in value)
                if all(type(part) is int for one in pairs for part in one):
                    return pairs
        elif all(type(one) is int for one in value):
            return tuple(value)
    raise InputError(f"The parameter {name} is of another kind: see docs/curation.md.")
