"""What the sandbox's workspace holds from the start: messages, segments, broadcasts and one person."""

import json
from pathlib import Path
from typing import Any

WORKSPACE_ID = 100_001
REGION = "us"

MESSAGES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "samples" / "transactional.json").read_text(encoding="utf-8")
)["messages"]

SEGMENTS: list[dict[str, Any]] = [
    {"id": 1, "name": "Signed up", "type": "dynamic", "state": "finished", "description": ""},
    {"id": 7, "name": "VIP customers", "type": "manual", "state": "finished", "description": ""},
]

BROADCASTS: list[dict[str, Any]] = [
    {"id": 9, "name": "Service notice", "state": "active", "type": "triggered_broadcast", "tags": None},
]

PERSON: dict[str, Any] = {
    "id": "user-123",
    "email": "jane@example.com",
    "attributes": {"first_name": "Jane", "plan": "pro", "stripe_customer_id": "cus_R8kTq2LwPzNf4J"},
}
"""The person of every sample event; found while nobody else has her identifiers."""

PERSON_CIO_ID = "03000001"
