"""Running an action as the executor does."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from apps.catalog.connectors.customerio import APP
from apps.catalog.spec import Account, CallContext
from tests.catalog.customerio.provider import EVENT_TIME, KEY, VALUES

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
        action = APP.action(key)
        assert action is not None
        context = CallContext(
            inputs=inputs,
            account=Account(values, base_url),
            send=provider,
            key=KEY,
            event_time=event_time,
        )
        return action.call(context)

    return run
