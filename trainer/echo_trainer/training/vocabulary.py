"""The vocabulary of a base as it serves: the engine's own, read from the very file.

Left out: weights (`weights`), prompts (`examples`).
"""

from __future__ import annotations

from echo_core.completion.fim import Family, family_named
from echo_core.errors import ModelError
from echo_engine.failures import SENTENCES, LoadError
from echo_engine.llama import open_model
from echo_engine.vocabulary import Vocabulary
from echo_trainer.runs.bases import BaseFile


def open_vocabulary(found: BaseFile) -> tuple[Family, Vocabulary]:
    """How the base is prompted, and its tokens.

    Raises:
        ModelError: llama.cpp cannot read it.
    """
    family = family_named(found.base.family)
    try:
        model = open_model(found.path, vocabulary_only=True)
    except LoadError as error:
        raise ModelError(SENTENCES[error.kind]) from error
    vocabulary = Vocabulary(model)
    vocabulary.read(mark.spelling for mark in family.stop_marks)
    return family, vocabulary
