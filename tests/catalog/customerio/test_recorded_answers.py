"""Answers recorded from the live API, and the paths that they were given to."""

import json
from pathlib import Path

import pytest

from apps.catalog.errors import Permanent
from apps.catalog.transport import Response
from tests.catalog.customerio.provider import Provider

SAMPLES = Path(__file__).parents[4] / "shared" / "reference" / "samples" / "customerio"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="recorded answers of Customer.io are not beside the project (shared/reference/samples)",
)


@pytest.mark.parametrize(
    ("scenario", "key", "inputs"),
    [
        ("identify__success", "identify-person", lambda args: {"email": args[1]["email"]}),
        ("track__success", "track-event", lambda args: {"name": args[1]["name"]}),
        ("destroy__success", "delete-person", lambda args: {}),
        ("suppress__success", "suppress-person", lambda args: {}),
    ],
)
def test_a_recorded_answer_is_success_of_the_same_call(scenario, key, inputs, call):
    recorded = json.loads((SAMPLES / f"response__{scenario}.json").read_text(encoding="utf-8"))
    args, mock = recorded["sdkCall"]["args"], recorded["mocks"][0]
    provider = Provider(Response(mock["status"], mock["headers"], json.dumps(mock["body"]).encode()))

    outputs = call(key, {"identifier": args[0], **inputs(args)}, provider)

    assert outputs["identifier"] == args[0]
    assert provider.requests[0].method == mock["method"]
    assert provider.requests[0].url == f"https://{mock['host']}{mock['path']}"


def test_a_recorded_search_that_finds_nobody_stops_with_the_reason(call):
    recorded = json.loads(
        (SAMPLES / "response__getCustomersByEmail__not_found.json").read_text(encoding="utf-8")
    )
    (email,), mock = recorded["sdkCall"]["args"], recorded["mocks"][0]
    provider = Provider(Response(mock["status"], mock["headers"], json.dumps(mock["body"]).encode()))

    with pytest.raises(Permanent, match="nobody") as caught:
        call("find-person", {"identifier": email}, provider)

    assert caught.value.code == "not_found"
    assert provider.requests[0].url == f"https://{mock['host']}{mock['path']}"
