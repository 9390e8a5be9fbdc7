"""Who else in this installation may live on what was granted, so that nobody takes it from under them."""

import hmac

from django.utils import timezone

from apps.catalog import registry
from apps.catalog.spec import Granted
from apps.common.errors import ServiceError
from apps.connections import credentials
from apps.connections.models import Connection
from apps.connections.oauth import sealing
from apps.connections.oauth.models import OAuthGrant, OAuthState


def may_be_shared(app_key: str, granted: Granted) -> bool:
    """Tell whether a connection in use, or an authorisation about to be one, may hold what was granted.

    Shared is the account, or the token itself: a person may have pasted it. What
    can't be opened may be the same, too.
    """
    return (
        OAuthGrant.objects.of_account(app_key, granted.account_id).exists()
        or _is_pending(app_key, granted)
        or _is_entered(app_key, granted)
    )


def _is_pending(app_key: str, granted: Granted) -> bool:
    pending = OAuthState.objects.alive(at=timezone.now())
    for state in pending.filter(app=app_key, status=OAuthState.Status.GRANTED):
        try:
            if sealing.unseal_granted(state).account_id == granted.account_id:
                return True
        except ServiceError:
            return True
    return False


def _is_entered(app_key: str, granted: Granted) -> bool:
    tokens = _tokens(app_key, granted)
    if not tokens:
        return False
    rows = Connection.objects.filter(app=app_key, sandbox=False)
    for connection in rows.exclude(status=Connection.Status.DISCONNECTED):
        try:
            held = credentials.unseal(connection).values()
        except ServiceError:
            return True
        if any(hmac.compare_digest(token, one.encode()) for token in tokens for one in held):
            return True
    return False


def _tokens(app_key: str, granted: Granted) -> list[bytes]:
    """Return the secrets that were granted; none where the grant lends the client's own key."""
    app = registry.get_app(app_key)
    signing = app.webhook.secret_field if app.webhook else ""
    secret = {field.key for field in app.auth.fields if field.secret} - {signing}
    return [value.encode() for key, value in granted.values.items() if key in secret and value]
