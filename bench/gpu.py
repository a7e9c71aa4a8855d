"""What Echo does on this machine's GPU, or on its processor where llama.cpp was built for none.

`python -m bench.gpu [--models NAME,NAME] [--keys N] [--seed N]`

For each model: how fast the engine alone reads and writes, and how long a key takes to its
proposal through the language server, the daemon and the engine, as in `bench.latency` ("looked
at"). Which backend and devices, and how many layers lie there, is what the engine says of itself.

Left out: a peer. The package of llama.cpp's own server that the other benchmarks use is built for
processors, and a comparison across backends would say nothing about either program.

Rules
 - No figure has a budget: the processor's are the product's, and a GPU is whatever somebody has.
 - Nothing is fetched; the models must be on the shelf.
"""

from __future__ import annotations

import os
from collections import Counter

from bench import report, speed, stage
from bench.latency import Pass, play, times
from bench.sides import EchoSide
from bench.stage import Stage
from bench.texts import sources
from bench.typing import sessions
from echo_core.errors import ModelError
from echo_core.records.wire import EngineDescription
from echo_daemon.replay.session import model_shelf
from echo_engine.api import ModelFile
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile

MODELS = f"{stage.MODEL},qwen2.5-coder-1.5b"
KEYS = 120


def model_file(name: str) -> ModelFile:
    """A model on the shelf.

    Raises:
        EchoError: it is not there.
    """
    file = model_shelf(Profile.locate(os.environ)).get(name)
    return ModelFile(file.name, file.path)


async def described(model: ModelFile, threads: int) -> tuple[Stage, EngineDescription]:
    """How it is loaded here; without kernels that crash, where they do."""
    setting = Stage(model, threads, plain=False)
    engine = setting.engine(SystemClock())
    try:
        about = await engine.describe()
        return Stage(model, about.threads, plain=engine.restarts > 0), about
    finally:
        await engine.close()


async def of_model(name: str, keys: int, seed: int, threads: int) -> dict[str, object]:
    """Everything about one model."""
    clock = SystemClock()
    stage.say(f"loading {name}")
    setting, about = await described(model_file(name), threads)
    alone = await speed.of_echo(setting, clock)
    struck = []
    async with stage.house(stage.engine_settings(setting), clock, model=name) as session:
        side = EchoSide(session, clock)
        for typed in sessions(sources(seed), keys, seed):
            stage.say(f"{name}: {typed.source.name}")
            struck += await play(side, typed, clock, Pass.LOOKED_AT)
    answers = [one.answer for one in struck if one.answer is not None]
    return {
        **setting.detail,
        "backend": about.backend,
        "devices": about.devices,
        "layers_on_gpu": about.gpu_layers,
        "layers": about.layers,
        "note": about.note,
        "quantisation": about.quantisation,
        "parameters": about.parameters,
        "flash_attention": about.flash_attention,
        "load_ms": about.load_ms,
        "speed": alone.detail,
        "keys": len(struck),
        "proposal_ms": stage.spread(times(struck)),
        "from_engine_ms": stage.spread(
            times([one for one in struck if one.answer and one.answer.hit == "engine"])
        ),
        "proposed_share": report.ratio(len(times(struck)), len(struck)),
        "hits": dict(Counter(answer.hit for answer in answers)),
    }


async def measure(models: list[str], keys: int, seed: int, threads: int) -> report.Report:
    """One model after the other."""
    if not models:
        raise ModelError("no model was named: --models takes names with commas between them")
    for name in models:
        model_file(name)  # that the last one is missing is said before the first is measured
    found = {name: await of_model(name, keys, seed, threads) for name in models}
    return report.Report(
        bench="gpu",
        when=report.when(SystemClock().wall_ms()),
        machine=report.machine(),
        model=",".join(models),
        values={},
        detail={"echo_built_for": stage.system_of_echo(), "seed": seed, "models": found},
    )


def main() -> None:
    """The command line."""
    options = stage.plain_parser(__doc__.split("\n")[0])
    options.add_argument("--models", default=MODELS, help="on the shelf, with commas between them")
    options.add_argument("--keys", type=int, default=KEYS, help="keys that ask, over all files")
    chosen = options.parse_args()
    names = [name.strip() for name in chosen.models.split(",") if name.strip()]
    stage.run(measure(names, chosen.keys, chosen.seed, chosen.threads))


if __name__ == "__main__":
    main()
