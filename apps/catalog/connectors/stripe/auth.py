"""How a Stripe account is connected: a key, a webhook secret alone, or authorised for a Connect platform."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from apps.catalog.connectors.stripe.client import Caller, invoke
from apps.catalog.errors import Permanent, wrong_value
from apps.catalog.spec import Account, Auth, Checked, ClientAuth, ClientKeys, Field, Granted, OAuth, Pkce
from apps.catalog.transport import Request, Send

CONNECT = "https://connect.stripe.com"
_API_KEY = r"(sk|rk)_(test|live)_[A-Za-z0-9_\-]{1,240}"
_PLATFORM_KEY = r"sk_(test|live)_[A-Za-z0-9_]{1,240}"
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
        raise wrong_value(
            "api_key",
            "Neither a secret key nor a webhook signing secret is given.",
            "Paste a key that starts with sk_ or rk_.",
            code="required",
        )
    if api_key:
        _check_api_key(api_key)
    if webhook_secret and not re.fullmatch(_WEBHOOK_SECRET, webhook_secret):
        raise wrong_value(
            "webhook_secret",
            "This is not a webhook signing secret.",
            "Paste the endpoint's signing secret, which starts with whsec_.",
        )


def _check_api_key(api_key: str) -> None:
    remedy = "Paste a key that starts with sk_ or rk_, from Developers → API keys."
    if api_key.startswith("pk_"):
        raise wrong_value("api_key", "This is a publishable key; it may not read anything.", remedy)
    if api_key.startswith("whsec_"):
        raise wrong_value(
            "api_key", "This is a webhook signing secret.", "Paste it into the field below instead."
        )
    if not re.fullmatch(_API_KEY, api_key):
        raise wrong_value("api_key", "This is not a secret or restricted key of Stripe.", remedy)


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


def read_grant(answer: Mapping[str, Any]) -> Granted:
    """Read whose account it is; the keys in the answer are deprecated and left alone. Raises `Permanent`."""
    account = answer.get("stripe_user_id")
    if not isinstance(account, str) or not re.fullmatch(r"acct_[A-Za-z0-9]{1,200}", account):
        raise Permanent("Stripe named no account.", code="no_account", remedy="Press Authorize again.")
    livemode, scope = answer.get("livemode"), answer.get("scope")
    return Granted(
        values={},
        account_id=account,
        livemode=livemode if isinstance(livemode, bool) else None,
        scopes=tuple(scope.split()) if isinstance(scope, str) else (),
    )


def refusal(answer: Mapping[str, Any]) -> str | None:
    """Return the error code of an answer that refuses."""
    code = answer.get("error")
    return code if isinstance(code, str) else None


def revoke(keys: ClientKeys, granted: Granted) -> Request:
    """Give an account back (https://docs.stripe.com/connect/oauth-reference#post-deauthorize)."""
    basic = b64encode(f"{keys.secret}:".encode()).decode("ascii")
    form = urlencode({"client_id": keys.client_id, "stripe_user_id": granted.account_id})
    return Request(
        "POST",
        f"{keys.base_url.rstrip('/') or CONNECT}/oauth/deauthorize",
        {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
        form.encode("ascii"),
    )


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values={"api_key": "sk_test_sandbox"},
    # Stripe Connect, standard accounts: https://docs.stripe.com/connect/oauth-reference
    oauth=OAuth(
        authorize_url=f"{CONNECT}/oauth/authorize",
        token_url=f"{CONNECT}/oauth/token",
        scopes=("read_write",),
        read=read_grant,
        refusal=refusal,
        revoke=revoke,
        client_auth=ClientAuth.SECRET_ALONE,
        pkce=Pkce.NEVER,
        lends="api_key",
        ended_event="account.application.deauthorized",
        client_id_label="Client ID of the platform",
        secret_label="Secret key of the platform",  # noqa: S106 - words for a form.
        secret_pattern=_PLATFORM_KEY,
        client_help="Needs a Connect platform of your own at Stripe. In the Dashboard under Settings › "
        "Connect › Onboarding options › OAuth switch on OAuth for standard accounts, enter the redirect "
        "address, and copy the client ID, which starts with ca_; test mode and live mode have one each. The "
        "secret key is the platform's own, of the same mode, from Developers › API keys: calls for connected "
        "accounts are made with it. Their events come through one webhook endpoint of the platform, which is "
        "registered by itself.",
        docs_url="https://docs.stripe.com/connect/oauth-reference",
    ),
)
