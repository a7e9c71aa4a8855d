"""A model's vocabulary: texts to tokens, tokens to bytes, which of them are marks or end a text.

Left out: which marks a family has (`echo_core.completion.fim`), prompts (`prompt`, `chat`).

Rules
 - A text becomes tokens none of which is a mark, whatever the text spells.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from typing import Final

from llama_cpp import llama_cpp as ll

from echo_core.errors import EngineError
from echo_engine.llama import Model

_SPECIAL: Final = (
    ll.LLAMA_TOKEN_ATTR_CONTROL | ll.LLAMA_TOKEN_ATTR_USER_DEFINED | ll.LLAMA_TOKEN_ATTR_UNKNOWN
)
# Tokens that its makers added to a vocabulary are text: CodeGemma has its blanks among them.
_NO_TEXT: Final = (
    ll.LLAMA_TOKEN_ATTR_CONTROL | ll.LLAMA_TOKEN_ATTR_UNKNOWN | ll.LLAMA_TOKEN_ATTR_UNUSED
)
_PIECE_BYTES_MAX: Final = 1024  # a token is a few bytes; runs of blanks are up to 128


class Vocabulary:
    """A model's tokens. Implements `prompt.Vocabulary`."""

    def __init__(self, model: Model) -> None:
        self._vocab = ll.llama_model_get_vocab(model.handle)
        self._buffer = ctypes.create_string_buffer(_PIECE_BYTES_MAX)
        self._forbidden: frozenset[int] = frozenset()
        self._spellings: list[bytes] = []
        self.size = int(ll.llama_vocab_n_tokens(self._vocab))
        self.ending: frozenset[int] = frozenset()
        bos, eos = int(ll.llama_vocab_bos(self._vocab)), int(ll.llama_vocab_eos(self._vocab))
        self._first = (bos,) if bos >= 0 and ll.llama_vocab_get_add_bos(self._vocab) else ()
        self._filler = next((token for token in (bos, eos) if token >= 0), 0)
        self._end = eos if eos >= 0 else self._filler
        # Some vocabularies put a blank before a text. Behind a line feed they do not: it is put
        # before each text and its tokens are taken away again.
        plain = b"".join(map(self._piece, self._raw("a", special=False)))
        self._lead = self._raw("\n", special=False) if plain != b"a" else []

    def read(self, marks: Iterable[str]) -> None:
        """Read the bytes of all tokens (0.2 s for 150,000) and what ends a text.

        `marks` are special whatever the file says: no text is tokenised to them, and they end one.
        """
        found = (self.mark(spelling) for spelling in marks)
        self._forbidden = frozenset(token for token in found if token is not None)
        self._spellings = [
            b""
            if token in self._forbidden or self._attributes(token) & _NO_TEXT
            else self._piece(token)
            for token in range(self.size)
        ]
        self.ending = self._forbidden | {
            token for token in range(self.size) if ll.llama_vocab_is_eog(self._vocab, token)
        }

    @property
    def spellings(self) -> Sequence[bytes]:
        return self._spellings

    @property
    def first(self) -> tuple[int, ...]:
        return self._first

    @property
    def filler(self) -> int:
        return self._filler

    @property
    def end(self) -> int:
        """The token that ends a text, where a family has none of its own."""
        return self._end

    def tokenise(self, text: str) -> list[int]:
        """The tokens of `text`, none of them a mark, whatever the text spells."""
        if not text:
            return []
        tokens = self._raw("\n" + text if self._lead else text, special=False)
        if self._lead and tokens[: len(self._lead)] == self._lead:
            del tokens[: len(self._lead)]
        if self._forbidden.isdisjoint(tokens):
            return tokens
        return [part for token in tokens for part in self._spelled_out(token)]

    def tokenise_marked(self, text: str) -> list[int]:
        """The tokens of `text`, in which what spells a mark is one."""
        return self._raw(text, special=True) if text else []

    def mark(self, spelling: str) -> int | None:
        """The special token that is spelled `spelling`."""
        tokens = self._raw(spelling, special=True)
        if len(tokens) == 1 and self._attributes(tokens[0]) & _SPECIAL:
            return tokens[0]
        return None

    def _spelled_out(self, token: int) -> list[int]:
        """Tokens that a model's makers added ("user defined") are matched in any text."""
        if token not in self._forbidden:
            return [token]
        text = self._piece(token).decode("utf-8", "replace")
        return self._raw(text[:1], special=False) + self._raw(text[1:], special=False)

    def _attributes(self, token: int) -> int:
        return int(ll.llama_vocab_get_attr(self._vocab, token))

    def _piece(self, token: int) -> bytes:
        buffer = self._buffer
        length = int(ll.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False))  # noqa: FBT003 - C
        return buffer.raw[:length] if length > 0 else b""

    def _raw(self, text: str, *, special: bool) -> list[int]:
        # An editor may hold half a surrogate pair, which has no UTF-8: one mark stands for it.
        data = text.encode("utf-8", "replace")
        room = len(data) + 8  # a token is at least one byte; a few are added in front
        tokens = (ll.llama_token * room)()
        count = int(ll.llama_tokenize(self._vocab, data, len(data), tokens, room, False, special))  # noqa: FBT003 - C
        if count < 0:
            raise EngineError("The model's vocabulary cannot split this text.")
        return list(tokens[:count])
