"""The panels of a connection's page: its account and its webhook, in words."""

from typing import Any

from apps.catalog.spec import App
from apps.common import look
from apps.connections import presenting, registration
from apps.connections.addresses import by_hand, registered_url, registration_url, why_not_public
from apps.connections.entries import takes_base_url
from apps.connections.models import Connection, Endpoint, OAuthGrant
from apps.connections.schemes import is_unverified


def facts(connection: Connection, grant: OAuthGrant | None) -> Any:
    """Return what is known of the account; `grant` is what it was authorised with."""
    by = connection.created_by.get_username() if connection.created_by else "the command line"
    app = presenting.app_of(connection)
    replaceable = app is None or takes_base_url(app)
    return look.kv_table(
        [
            ("App", presenting.app_name(connection.app)),
            ("Account", presenting.mode(connection)),
            *presenting.authorised(grant),
            *([("Base address", connection.base_url or "the provider's own")] if replaceable else []),
            ("Connected by", by),
            ("Connected", look.when(connection.created_at)),
            ("Last tested", look.when(connection.checked_at)),
            ("Last used", look.when(connection.last_used_at)),
            *_rates(connection),
        ]
    )


def _rates(connection: Connection) -> list[tuple[str, object]]:
    """Return since when, and why, the account is called more slowly than it may be."""
    rows: list[tuple[str, object]] = []
    for row in connection.allowances.filter(limited_at__isnull=False).order_by("scope"):
        if row.learnt is not None:
            rows.append(("Calls a second now", f"{row.learnt:.1f}, while it recovers"))
        rows.append(("Last limited", look.when(row.limited_at)))
        rows.append(("Limited because", row.reason))
    return rows


def webhook(connection: Connection, app: App | None) -> dict[str, Any] | None:
    """Return what the webhook's panel shows; None for an app that sends no events."""
    if app is None or app.webhook is None or app.webhook.internal:
        return None
    endpoint = registration.endpoint_of(connection)
    hand, told = by_hand(endpoint), app.webhook.secret_told or connection.sandbox
    stands, due = registered_url(endpoint), registration_url(endpoint)
    catches = app.webhook.pack is not None  # From whoever is given the address: nothing is registered.
    return {
        "app": app,
        "endpoint": endpoint,
        "badge": presenting.endpoint_badge(endpoint),
        "address": stands or registration.webhook_url(endpoint) or (hand.url if hand else ""),
        "not_public": "" if connection.sandbox else why_not_public(),
        "moved": bool(stands) and stands != due,
        "due": due,
        "by_hand": hand if endpoint.state == Endpoint.State.BY_HAND or catches else None,
        "catches": catches,
        "unverified": is_unverified(connection),
        "reconciles": app.webhook.reconcile is not None,
        "waiting": endpoint.state == Endpoint.State.WAITING_FOR_KEY,
        "signing_help": app.webhook.signing_help,
        # Nothing but a delivery proves a secret that was entered by a person.
        "unproved": not told
        and endpoint.state == Endpoint.State.REGISTERED
        and endpoint.last_delivery_at is None,
        "secret_stored": app.webhook.secret_field in connection.hints,
        "facts": look.kv_table(
            [
                ("Events", ", ".join(hand.names if hand else ()) or "none is in use yet"),
                ("API version", endpoint.api_version),
                ("Registered", look.when(endpoint.registered_at)),
                ("Last delivery", look.when(endpoint.last_delivery_at)),
                ("At the provider", endpoint.provider_id),
            ]
            if not catches
            else [("Last request", look.when(endpoint.last_delivery_at))]
        ),
    }
