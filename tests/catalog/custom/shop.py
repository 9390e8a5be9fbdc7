"""A declared app for the tests: a shop with one action of each kind and one trigger."""

from typing import Any

SECRET = "shop-key-0123456789"


def shop(**changes: Any) -> dict[str, Any]:
    """Return a declaration that is right; `changes` replace its members."""
    return {
        "schema": 1,
        "key": "shop",
        "name": "Corner Shop",
        "description": "A shop of our own.",
        "color": "#336699",
        "base_url": "https://shop.example.com/api",
        "auth": [
            {
                "key": "api_key",
                "label": "API key",
                "secret": True,
                "required": True,
                "help_text": "In the shop under Settings, API keys; it begins with shop-.",
            },
            {"key": "branch", "label": "Branch", "secret": False, "required": False, "help_text": "Its id."},
        ],
        "signing": {"kind": "bearer", "field": "api_key"},
        "test_path": "/me",
        "actions": [create_order(), read_order(), delete_order()],
        "webhook": {
            "verification": {"kind": "hmac", "header": "X-Shop-Signature", "prefix": "sha256="},
            "event_type": {"kind": "path", "value": "type"},
            "event_id": {"kind": "path", "value": "id"},
            "occurred_at": "created",
        },
        "triggers": [order_paid()],
        **changes,
    }


def create_order(**changes: Any) -> dict[str, Any]:
    return {
        "key": "create-order",
        "name": "Create order",
        "description": "Order something for a person.",
        "method": "POST",
        "path": "/branches/{{ connection.branch | default: 'main' }}/orders",
        "headers": [{"name": "X-Source", "template": "{{ inputs.source }}"}],
        "body_kind": "json",
        "body": {
            "email": "{{ inputs.email }}",
            "note": "For {{ inputs.email }}",
            "quantity": "{{ inputs.quantity }}",
            "lines": [{"sku": "{{ inputs.sku }}"}],
            "test": True,
        },
        "inputs": [
            {
                "key": "email",
                "label": "E-mail",
                "type": "email",
                "required": True,
                "help_text": "Whose order it is.",
                "example": "jane@example.com",
                "semantic": "email",
            },
            {
                "key": "sku",
                "label": "Article",
                "required": True,
                "help_text": "Its number.",
                "example": "A-1",
            },
            {
                "key": "quantity",
                "label": "Quantity",
                "type": "integer",
                "help_text": "How many.",
                "example": 2,
            },
            {"key": "source", "label": "Source", "help_text": "Where it came from."},
        ],
        "outputs": [
            {"key": "order_id", "label": "Order", "path": "order.id", "example": "ord_1"},
            {"key": "total", "label": "Total", "path": "order.total", "type": "integer", "example": 500},
        ],
        "effect": "create",
        "key_header": "Idempotency-Key",
        "success": [200, 201],
        "provider_id": "order_id",
        **changes,
    }


def read_order(**changes: Any) -> dict[str, Any]:
    return {
        "key": "read-order",
        "name": "Read order",
        "method": "GET",
        "path": "/orders/{{ inputs.order_id }}",
        "query": [{"name": "expand", "template": "{{ inputs.expand }}"}],
        "inputs": [
            {
                "key": "order_id",
                "label": "Order",
                "required": True,
                "help_text": "Its id.",
                "example": "ord_1",
            },
            {"key": "expand", "label": "Expand", "help_text": "What to add."},
        ],
        "outputs": [{"key": "state", "label": "State", "path": "state", "example": "paid"}],
        "effect": "read",
        **changes,
    }


def delete_order(**changes: Any) -> dict[str, Any]:
    return {
        "key": "delete-order",
        "name": "Delete order",
        "method": "DELETE",
        "path": "/orders/{{ inputs.order_id }}",
        "inputs": [
            {
                "key": "order_id",
                "label": "Order",
                "required": True,
                "help_text": "Its id.",
                "example": "ord_1",
            }
        ],
        "effect": "delete",
        "danger": "The order is gone.",
        "success": [204, 404],
        **changes,
    }


def order_paid(**changes: Any) -> dict[str, Any]:
    return {
        "key": "order-paid",
        "name": "Order paid",
        "description": "An order was paid.",
        "event_types": ["order.paid"],
        "fields": [
            {"key": "email", "label": "E-mail", "path": "data.email", "type": "email", "semantic": "email"},
            {"key": "sku", "label": "Article", "path": "data.lines[0].sku"},
            {"key": "paid_at", "label": "Paid at", "path": "data.paid_at", "type": "time"},
        ],
        "sample": {
            "id": "evt_1",
            "type": "order.paid",
            "created": 1795000000,
            "data": {
                "email": "jane@example.com",
                "lines": [{"sku": "A-1"}],
                "paid_at": "2026-11-18T10:13:20Z",
            },
        },
        **changes,
    }
