"""Why a sample is not taken. Every sample that arrives is taken or has one of these."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Drop(StrEnum):
    """One reason. They stand in the order in which they are looked for."""

    UNREADABLE = "unreadable"
    SCHEMA = "schema"
    CONSENT = "consent"
    UNCHECKED = "unchecked"
    IMPORTED = "imported"
    UNSAFE = "unsafe"
    ARRIVED_TWICE = "arrived_twice"
    DUPLICATE = "duplicate"
    SAME_GAP = "same_gap"
    CONTAMINATED = "contaminated"
    RARE = "rare"
    TARGET_REPEATED = "target_repeated"
    CONTRIBUTOR_SHARE = "contributor_share"
    LANGUAGE_SHARE = "language_share"
    LENGTH_SHARE = "length_share"
    VOID_SHARE = "void_share"
    BUDGET = "budget"
    SEEN_IN_TRAINING = "seen_in_training"


SENTENCES: Final[dict[Drop, str]] = {
    Drop.UNREADABLE: "The envelope is damaged, not signed by who it names, or not sealed for us.",
    Drop.SCHEMA: "What was inside is not the written form of a bundle, or names another sender.",
    Drop.CONSENT: "It was sent under a text that this trainer does not accept.",
    Drop.UNCHECKED: "Not every check for safety had looked at it where it was made.",
    Drop.IMPORTED: "What was imported came as what was kept in an editor, or the other way round.",
    Drop.UNSAFE: "A check for credentials, harm or personal data dropped it here.",
    Drop.ARRIVED_TWICE: "The same sample of the same pseudonym is there already.",
    Drop.DUPLICATE: "A better one with nearly the same surroundings has the same target.",
    Drop.SAME_GAP: "A better one was asked for a few keys earlier or later in the same gap.",
    Drop.CONTAMINATED: "It holds a stretch of a problem that models are judged by.",
    Drop.RARE: "Its target holds a word, text or import that too few people wrote.",
    Drop.TARGET_REPEATED: "As many samples with this very target were taken as may be.",
    Drop.CONTRIBUTOR_SHARE: "Its pseudonym had its share.",
    Drop.LANGUAGE_SHARE: "Its language had its share.",
    Drop.LENGTH_SHARE: "Targets of its length had their share.",
    Drop.VOID_SHARE: "Silence had its share.",
    Drop.BUDGET: "The version was full.",
    Drop.SEEN_IN_TRAINING: "It was to be held out, and training has seen a good part of its file.",
}
