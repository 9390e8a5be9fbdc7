"""What an event leaves behind on a customer: keys and values of its metadata.

Keys are snake_case, those in _at hold unix seconds. Stripe takes values of 500
characters: https://docs.stripe.com/api/metadata.
"""

from collections.abc import Mapping

from apps.workflows.engine.recipes.expressions import first_of
from apps.workflows.engine.recipes.scenes import Scene

_AT = "trigger.occurred_at"
_LONGEST = "| truncate: 500"
_LINK = f"trigger.href {_LONGEST}"
_REASON = f"trigger.failure_message {_LONGEST}"

REMARKS: Mapping[str, Mapping[str, str]] = {
    "customer-subscribed": {"marketing": "'subscribed'", "marketing_changed_at": _AT},
    "customer-unsubscribed": {"marketing": "'unsubscribed'", "marketing_changed_at": _AT},
    "subscription-preferences-changed": {
        "topics_on": f"trigger.subscribed_topics | join: ', ' {_LONGEST}",
        "topics_off": f"trigger.unsubscribed_topics | join: ', ' {_LONGEST}",
        "topics_changed_at": _AT,
    },
    "email-sent": {"last_email_sent_at": _AT},
    "email-delivered": {"last_email_delivered_at": _AT, "last_delivery_id": "trigger.delivery_id"},
    "email-opened": {"last_email_opened_at": _AT},
    "email-link-clicked": {"last_clicked_link": _LINK, "last_clicked_at": _AT},
    "email-bounced": {"email_status": "'bounced'", "email_bounced_at": _AT, "email_bounce_reason": _REASON},
    "email-failed": {"last_email_failed_at": _AT, "last_email_failure": _REASON},
    "email-spam-complaint": {"email_status": "'spam_complaint'", "spam_complaint_at": _AT},
    "email-unsubscribed": {
        "marketing": "'unsubscribed'",
        "marketing_changed_at": _AT,
        "unsubscribed_by_delivery": "trigger.delivery_id",
    },
    "sms-sent": {"last_sms_sent_at": _AT},
    "sms-delivered": {"last_sms_delivered_at": _AT},
    "sms-clicked": {"last_clicked_link": _LINK, "last_clicked_at": _AT},
    "sms-failed": {"last_sms_failed_at": _AT, "last_sms_failure": _REASON},
    "sms-bounced": {"sms_status": "'bounced'", "sms_bounced_at": _AT, "sms_bounce_reason": _REASON},
    "push-sent": {"last_push_sent_at": _AT},
    "push-delivered": {"last_push_delivered_at": _AT},
    "push-opened": {"last_push_opened_at": _AT},
    "push-clicked": {"last_clicked_link": _LINK, "last_clicked_at": _AT},
    "push-bounced": {"push_status": "'bounced'", "push_bounced_at": _AT, "push_bounce_reason": _REASON},
    "push-failed": {"last_push_failed_at": _AT, "last_push_failure": _REASON},
    "reporting-event": {"last_messaging_event": "trigger.event", "last_messaging_event_at": _AT},
}
"""By the key of a Customer.io trigger."""

_ORIGIN = {"customerio_id": first_of("trigger.cio_id", "trigger.customer_id")}


def remark_on(scene: Scene) -> Mapping[str, str]:
    """Return what an event notes on the customer whom it concerns, as expressions."""
    by_hand = REMARKS.get(scene.trigger.key) if scene.trigger_app.key == "customerio" else None
    return by_hand or {f"last_{scene.trigger.key.replace('-', '_')}_at"[:40]: _AT}


def origin_of(scene: Scene) -> Mapping[str, str]:
    """Return what a new customer keeps of the person in the app that the event comes from."""
    return _ORIGIN if scene.trigger_app.key == "customerio" else {}
