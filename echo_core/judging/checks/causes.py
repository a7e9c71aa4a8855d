"""Why a check says what it says: every dropped sample has a cause, and causes are counted."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """The reason of one verdict. `sentence` is what a person is told."""

    # why a check said nothing
    LANGUAGE_UNKNOWN = "language_unknown"
    TOO_LARGE = "too_large"
    NO_MODEL = "no_model"
    NOT_ASKED = "not_asked"
    NOT_CONFIGURED = "not_configured"
    CRASHED = "crashed"
    # what was cut
    NO_UNIT = "no_unit"
    # boundary: silence or code
    CODE_WHERE_SILENCE = "code_where_silence"
    SILENCE_WHERE_CODE = "silence_where_code"
    SILENCE_UNSURE = "silence_unsure"
    # what became of it
    TAKEN_BACK = "taken_back"
    # correctness
    SYNTAX_WORSE = "syntax_worse"
    NAME_UNKNOWN = "name_unknown"
    # debris
    CONFLICT_MARKER = "conflict_marker"
    DEBUG_LEFTOVER = "debug_leftover"
    MASHED_KEYS = "mashed_keys"
    GENERATED = "generated"
    MINIFIED = "minified"
    VENDORED = "vendored"
    LICENCE_HEADER = "licence_header"
    # compromises
    TODO_RETURN = "todo_return"
    SWALLOWED_EXCEPTION = "swallowed_exception"
    COMMENTED_OUT = "commented_out"
    WORKAROUND = "workaround"
    # safety
    CREDENTIAL_FORM = "credential_form"
    CREDENTIAL_KEY = "credential_key"
    CREDENTIAL_SIGNED = "credential_signed"
    CREDENTIAL_URL = "credential_url"
    CREDENTIAL_RANDOM = "credential_random"
    CREDENTIAL_SCANNED = "credential_scanned"
    MALICIOUS = "malicious"
    UNPROTECTED = "unprotected"
    PERSONAL_NAME = "personal_name"
    PERSONAL_PATH = "personal_path"
    PERSONAL_EMAIL = "personal_email"
    PERSONAL_ADDRESS = "personal_address"
    PERSONAL_PHONE = "personal_phone"
    PERSONAL_CARD = "personal_card"
    PERSONAL_IBAN = "personal_iban"

    @property
    def sentence(self) -> str:
        """The cause in words."""
        return _SENTENCES[self]


_SENTENCES: Final[dict[Cause, str]] = {
    Cause.LANGUAGE_UNKNOWN: "Echo has no rules for this language.",
    Cause.TOO_LARGE: "The text is larger than this check reads.",
    Cause.NO_MODEL: "No model could be asked.",
    Cause.NOT_ASKED: "No model was asked, because another check had already decided.",
    Cause.NOT_CONFIGURED: "This check is not installed or not switched on.",
    Cause.CRASHED: "The check itself failed, so the sample is not trusted.",
    Cause.NO_UNIT: "No logical unit ends within what a person reads at a glance.",
    Cause.CODE_WHERE_SILENCE: "The surroundings ask for silence, but code was kept.",
    Cause.SILENCE_WHERE_CODE: "The surroundings ask for code, but nothing was kept.",
    Cause.SILENCE_UNSURE: "Nothing was kept, and whether silence was wanted cannot be told.",
    Cause.TAKEN_BACK: "What was kept was soon taken away again.",
    Cause.SYNTAX_WORSE: "With the target in place the file parses worse than without it.",
    Cause.NAME_UNKNOWN: "A name in the target is defined nowhere that Echo can see.",
    Cause.CONFLICT_MARKER: "The target holds a marker of a merge conflict.",
    Cause.DEBUG_LEFTOVER: "The target is output that somebody added to find a fault.",
    Cause.MASHED_KEYS: "The target is not writing: keys were struck at random.",
    Cause.GENERATED: "The file was written by a program.",
    Cause.MINIFIED: "The file is minified.",
    Cause.VENDORED: "The file is somebody else's code, kept in this workspace.",
    Cause.LICENCE_HEADER: "The target is a licence or copyright header.",
    Cause.TODO_RETURN: "The target puts the work off: a note to do it, and a return.",
    Cause.SWALLOWED_EXCEPTION: "The target catches an exception and does nothing about it.",
    Cause.COMMENTED_OUT: "The target is code that was commented out.",
    Cause.WORKAROUND: "The target calls itself a hack or a workaround.",
    Cause.CREDENTIAL_FORM: "There is a credential of a known form.",
    Cause.CREDENTIAL_KEY: "There is a private key.",
    Cause.CREDENTIAL_SIGNED: "There is a signed token.",
    Cause.CREDENTIAL_URL: "There is an address with a password in it.",
    Cause.CREDENTIAL_RANDOM: "There is a string too random to be anything but a secret.",
    Cause.CREDENTIAL_SCANNED: "The secret scanner found a credential.",
    Cause.MALICIOUS: "There is code that harms whoever runs it.",
    Cause.UNPROTECTED: "The target switches a protection off.",
    Cause.PERSONAL_NAME: "There is a name of this machine, its user or a colleague.",
    Cause.PERSONAL_PATH: "There is a path of somebody's home folder.",
    Cause.PERSONAL_EMAIL: "There is an e-mail address.",
    Cause.PERSONAL_ADDRESS: "There is an address, of a street or a machine.",
    Cause.PERSONAL_PHONE: "There is a telephone number.",
    Cause.PERSONAL_CARD: "There is the number of a payment card.",
    Cause.PERSONAL_IBAN: "There is the number of a bank account.",
}
