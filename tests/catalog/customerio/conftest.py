"""Running an action as the executor does."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from apps.catalog.spec import Account, CallContext
from tests.catalog.customerio.provider import EVENT_TIME, KEY, VALUES, action_of

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call() -> Call:
    """Run an action: `call("track-event", inputs, provider, values=…, base_url=…)`."""

    def run(
        key: str,
        inputs: Mapping[str, Any],
        provider: Any,
        *,
        values: Mapping[str, str] = VALUES,
        base_url: str = "",
        event_time: int = EVENT_TIME,
    ) -> dict[str, Any]:
        context = CallContext(
            inputs=inputs,
            account=Account(values, base_url),
            send=provider,
            key=KEY,
            event_time=event_time,
        )
        return action_of(key).call(context)

    return run
