"""The base that is trained is the base that serves: the same numbers out of the same file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echo_core.completion.prompt_tokens import prepare
from echo_core.completion.window import window_at
from echo_core.errors import InputError, ModelError
from echo_engine.llama import Context, open_model
from echo_testing import tiny_base
from echo_trainer.runs.bases import find_base
from echo_trainer.training.examples import Example, example
from echo_trainer.training.vocabulary import open_vocabulary
from echo_trainer.training.weights import load_weights

TEXTS = ("def total(values):\n    return ", "sum(values)", "\n\nprint(total([1, 2]))\n")


@pytest.mark.usefixtures("_extra")
@pytest.mark.parametrize("arch", ["qwen2", "llama"])
def test_pytorch_and_llama_cpp_read_the_same_base(arch: str, tmp_path: Path) -> None:
    import torch  # noqa: PLC0415 - an extra

    found = find_base("tiny", tiny_base.write(tmp_path / "tiny.gguf", arch=arch), tmp_path)
    family, vocabulary = open_vocabulary(found)
    made = example(family, TEXTS, vocabulary, 512)
    assert isinstance(made, Example)
    tokens = made.tokens
    context = Context(open_model(found.path), vocabulary.size, threads=1, tokens=512)
    assert context.evaluate(0, 0, tokens, outputs=len(tokens))
    served = np.stack([context.logits(back) for back in reversed(range(len(tokens)))])
    with torch.no_grad():
        trained = load_weights(found, torch.float32)(torch.tensor([tokens])).logits[0].numpy()
    # llama.cpp keeps keys and values in half precision: a thousandth of the logits' spread.
    assert np.abs(served - trained).max() < 0.01 * served.std()


def test_an_example_begins_with_the_prompt_that_is_served(tmp_path: Path) -> None:
    found = find_base("tiny", tiny_base.write(tmp_path / "tiny.gguf"), tmp_path)
    family, vocabulary = open_vocabulary(found)
    assert family.name == found.base.family == "qwen2.5-coder"
    made = example(family, TEXTS, vocabulary, 512)
    assert isinstance(made, Example)
    prefix, target, suffix = TEXTS
    window = window_at(prefix + suffix, len(prefix))
    served = prepare(family, window, vocabulary, 512 - len(made.learned_tokens))
    assert made.tokens[: len(served.tokens)] == served.tokens
    spelled = b"".join(vocabulary.spellings[each] for each in made.learned_tokens[:-1])
    assert spelled.decode().endswith(target)
    assert made.tokens[-1] == vocabulary.mark("<|endoftext|>")


def test_a_file_that_clients_do_not_hold_is_no_base(tmp_path: Path) -> None:
    other = tiny_base.write(tmp_path / "other.gguf")
    with pytest.raises(ModelError, match="clients hold 1d9614638d18"):
        find_base("qwen2.5-coder-0.5b", other, tmp_path)
    with pytest.raises(ModelError, match="`echoctl models pull"):
        find_base("qwen2.5-coder-0.5b", None, tmp_path)
    with pytest.raises(InputError, match="--base-file"):
        find_base("no-such-model", None, tmp_path)


def test_an_architecture_that_cannot_be_shipped_is_refused(tmp_path: Path) -> None:
    found = find_base("tiny", tiny_base.write(tmp_path / "tiny.gguf", arch="qwen2"), tmp_path)
    foreign = replace(found, base=replace(found.base, architecture="gemma"))
    with pytest.raises(InputError, match="no adapter can be shipped"):
        load_weights(foreign, None)
