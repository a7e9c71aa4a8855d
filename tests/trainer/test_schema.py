"""Requests made up from the service's own OpenAPI: no 5xx, no leak, no answer that it hides.

`ECHO_SCHEMATHESIS` says how many examples each operation gets; the default keeps a run short.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from echo_core.sharing.bundle.protocol import PART_TYPE, Refusal
from echo_testing.trainer_house import TrainerHouse, serving
from echo_testing.waiting import LONG_S

# A body is bytes; schemathesis knows how to send these only under the common name.
schemathesis.serializer.alias(PART_TYPE, "application/octet-stream")
EXAMPLES = int(os.environ.get("ECHO_SCHEMATHESIS", "10"))
SAID_ALONE = {refusal.sentence for refusal in Refusal}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainerHouse]:
    with serving(
        tmp_path_factory.mktemp("house"),
        intake_open="true",
        intake_requests_a_minute="1000000",
        intake_silence_s="2",
    ) as made:
        yield made


def test_every_operation_holds(house: TrainerHouse) -> None:
    schema = schemathesis.openapi.from_url(f"{house.url}/openapi.json")
    tried = []
    for found in schema.get_all_operations():
        operation = found.ok()
        tried.append(operation.label)

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def holds(case: schemathesis.Case) -> None:
            answer = case.call(base_url=house.url, timeout=LONG_S)
            case.validate_response(
                answer,
                checks=[
                    not_a_server_error,
                    status_code_conformance,
                    content_type_conformance,
                    response_schema_conformance,
                ],
            )
            if answer.status_code >= 400 and answer.content:
                assert answer.json()["why"] in SAID_ALONE

        holds()
    assert len(tried) >= 6
    assert house.log().count("intake.crashed") == 0
