"""The classes of personal data: how each is called where it is replaced, and why it is dropped."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from echo_core.judging.checks.causes import Cause


class Kind(StrEnum):
    """A class of personal data; its value is its placeholder."""

    NAME = "<NAME>"
    WORD = "<WORD>"  # a login or one part of a name: as a word of a program it says nothing
    HOST = "<HOST>"
    PATH = "<PATH>"
    EMAIL = "<EMAIL>"
    MACHINE = "<IP>"
    ADDRESS = "<ADDRESS>"
    PHONE = "<PHONE>"
    CARD = "<CARD>"
    IBAN = "<IBAN>"

    @property
    def cause(self) -> Cause:
        """Why a sample is dropped that holds one."""
        return _CAUSES[self]

    @property
    def placeholder(self) -> str:
        """What stands in its place in comments and strings."""
        return "<NAME>" if self is Kind.WORD else self.value

    @property
    def prose_only(self) -> bool:
        """Whether the context's code may hold it: there it is a word of the program."""
        return self is Kind.WORD


_CAUSES: Final = {
    Kind.NAME: Cause.PERSONAL_NAME,
    Kind.WORD: Cause.PERSONAL_NAME,
    Kind.HOST: Cause.PERSONAL_NAME,
    Kind.PATH: Cause.PERSONAL_PATH,
    Kind.EMAIL: Cause.PERSONAL_EMAIL,
    Kind.MACHINE: Cause.PERSONAL_ADDRESS,
    Kind.ADDRESS: Cause.PERSONAL_ADDRESS,
    Kind.PHONE: Cause.PERSONAL_PHONE,
    Kind.CARD: Cause.PERSONAL_CARD,
    Kind.IBAN: Cause.PERSONAL_IBAN,
}
