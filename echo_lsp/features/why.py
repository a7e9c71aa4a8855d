"""`echo/why`: why nothing is shown, or where what is shown came from."""

from __future__ import annotations

from echo_lsp.protocol_ext import WhyParams, WhyResult
from echo_lsp.services import Services


async def why(services: Services, _params: WhyParams | None) -> WhyResult:
    """How the newest request ended: here, where it never left, otherwise in the daemon."""
    silence = services.session.silence
    if silence is not None:
        return WhyResult(silence, silence.sentence)
    found = await services.daemon.why()
    return WhyResult(found.reason, found.sentence, found.figures.hit)
