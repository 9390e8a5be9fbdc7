"""How a Stripe account is connected: a secret or restricted key, or a webhook secret alone."""

import re
from collections.abc import Mapping

from apps.catalog.connectors.stripe.client import Caller, invoke
from apps.catalog.errors import Permanent
from apps.catalog.spec import Account, Auth, Checked, Field
from apps.catalog.transport import Send

_API_KEY = r"(sk|rk)_(test|live)_[A-Za-z0-9_\-]{1,240}"
_WEBHOOK_SECRET = r"whsec_[!-~]{1,240}"  # noqa: S105 - a pattern.

FIELDS: tuple[Field, ...] = (
    Field(
        key="api_key",
        label="Secret or restricted key",
        secret=True,
        pattern=_API_KEY,
        help_text=(
            "Stripe Dashboard → Developers → API keys. Best is a restricted key (rk_) with Write for "
            "Webhook Endpoints and Read for Balance, Charges, Checkout Sessions, Customers, Disputes, "
            "Events, Invoices, PaymentIntents and Subscriptions, and Write for what your actions change; "
            "a secret key (sk_) works as well. "
            "Without a key this connection only receives events, and needs the webhook signing secret below."
        ),
        example="rk_test_51SQbXk",
    ),
    Field(
        key="webhook_secret",
        label="Webhook signing secret",
        secret=True,
        pattern=_WEBHOOK_SECRET,
        help_text=(
            "Only for keys that may not register webhooks, or without a public address; else leave it empty. "
            "Stripe Dashboard → Developers → Webhooks → your endpoint → Signing secret, or what "
            "`stripe listen` prints. Starts with whsec_."
        ),
        example="whsec_5yQn2c",
    ),
)


def check(values: Mapping[str, str]) -> None:
    """Refuse values that can't work together; raises `Permanent` with the field at fault."""
    api_key, webhook_secret = values.get("api_key", ""), values.get("webhook_secret", "")
    if not api_key and not webhook_secret:
        raise _wrong(
            "api_key",
            "Neither a secret key nor a webhook signing secret is given.",
            "Paste a key that starts with sk_ or rk_.",
            code="required",
        )
    if api_key:
        _check_api_key(api_key)
    if webhook_secret and not re.fullmatch(_WEBHOOK_SECRET, webhook_secret):
        raise _wrong(
            "webhook_secret",
            "This is not a webhook signing secret.",
            "Paste the endpoint's signing secret, which starts with whsec_.",
        )


def _check_api_key(api_key: str) -> None:
    remedy = "Paste a key that starts with sk_ or rk_, from Developers → API keys."
    if api_key.startswith("pk_"):
        raise _wrong("api_key", "This is a publishable key; it may not read anything.", remedy)
    if api_key.startswith("whsec_"):
        raise _wrong("api_key", "This is a webhook signing secret.", "Paste it into the field below instead.")
    if not re.fullmatch(_API_KEY, api_key):
        raise _wrong("api_key", "This is not a secret or restricted key of Stripe.", remedy)


def _wrong(field: str, message: str, remedy: str, *, code: str = "invalid") -> Permanent:
    return Permanent(message, code=code, remedy=remedy, field=field)


def test(account: Account, send: Send) -> Checked:
    """Read the balance, the cheapest call that needs a valid key.

    A restricted key without Balance is valid all the same: Stripe answers 403
    for it and 401 for a key that it does not know.
    """
    if not account.values.get("api_key"):
        return Checked(
            "This connection only receives events; there is no key to try.",
            warnings=("Look-ups and other calls to Stripe need a secret or restricted key.",),
        )
    mode = label(account.values)
    try:
        invoke(Caller(account, send), "balance.retrieve")
    except Permanent as error:
        if error.code != "forbidden" or not account.values["api_key"].startswith("rk_"):
            raise
        return Checked(
            f"Stripe knows this restricted key ({mode}).",
            warnings=("The key may not read the balance. Grant it Balance: Read to have it tried fully.",),
        )
    return Checked(f"Stripe accepted the key ({mode}).")


def label(values: Mapping[str, str]) -> str:
    """Return the mode that the key tells; a webhook secret alone tells none."""
    parts = values.get("api_key", "").split("_", 2)
    if len(parts) < 3:
        return "events only"
    return "live mode" if parts[1] == "live" else "test mode"


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values={"api_key": "sk_test_sandbox"},
)
