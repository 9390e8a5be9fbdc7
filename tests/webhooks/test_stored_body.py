"""The stored body of a delivery: opened by receiving and by the worker alike, and only in its own row."""

import pytest

from apps.common import crypto
from apps.common.crypto import SealError
from apps.runs import payload
from apps.runs.models import Run
from apps.webhooks import inbox
from tests.factories import DeliveryFactory

BODY = b'{"id": "evt_1"}'


def test_the_worker_reads_what_receiving_stored(db):
    delivery = DeliveryFactory.build(connection=None, workspace=None)
    delivery.body = crypto.pack_bytes(BODY, bound_to=delivery.body_binding)

    assert inbox.open_body(delivery) == BODY
    assert payload.body_of(Run(delivery=delivery)) == BODY


def test_a_body_of_another_delivery_does_not_open(db):
    first, second = (DeliveryFactory.build(connection=None, workspace=None) for _ in range(2))
    second.body = crypto.pack_bytes(BODY, bound_to=first.body_binding)

    for read in (inbox.open_body, lambda delivery: payload.body_of(Run(delivery=delivery))):
        with pytest.raises(SealError):
            read(second)
