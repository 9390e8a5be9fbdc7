"""Requests to a mail server, and what its replies mean for the call.

A reply refuses before the message was handed over or says no to it, so that
nothing was sent: 4xx may be tried again, 5xx not (RFC 5321, 4.2.1). A dialogue
that breaks off behind the message is uncertain; the sender tells that itself.
"""

from base64 import b64encode

from apps.catalog.errors import CallError, Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.responses import shown
from apps.catalog.spec import Account
from apps.catalog.transport import Request, Response, Send
from apps.common.smtp_request import FROM, PHASE, TO

METHOD = "SMTP"
SECURITIES = {"starttls": ("smtp", "587"), "tls": ("smtps", "465"), "none": ("smtp-plain", "25")}
"""The scheme and the usual port of each way to secure a connection."""

_LOGIN_REFUSED = frozenset({454, 530, 534, 535, 538})


def hello(account: Account) -> Request:
    """Return the request that only greets the server and logs in."""
    return Request(METHOD, _url(account), _headers(account))


def handover(account: Account, recipients: tuple[str, ...], message: bytes) -> Request:
    """Return the request that hands a message over to every recipient, or to none."""
    return Request(METHOD, _url(account), {**_headers(account), TO: ", ".join(recipients)}, message)


def exchange(send: Send, request: Request, *, deadline: float) -> Response:
    """Send and return the reply that accepts; raises a `CallError` for one that refuses."""
    response = send(request, deadline=deadline)
    if 200 <= response.status < 300:
        return response
    raise _refusal(response)


def _url(account: Account) -> str:
    values = account.values
    scheme, usual = SECURITIES[values["security"]]
    return f"{scheme}://{values['host'].lower()}:{values.get('port') or usual}"


def _headers(account: Account) -> dict[str, str]:
    values = account.values
    headers = {FROM: values["from_address"]}
    if values.get("username"):
        login = f"{values['username']}:{values.get('password', '')}"
        headers["Authorization"] = f"Basic {b64encode(login.encode('utf-8')).decode('ascii')}"
    return headers


def _refusal(response: Response) -> CallError:
    status, phase = response.status, response.headers.get(PHASE, "")
    said = shown(response.body.decode("utf-8", "replace"))
    told = f" ({status}): {said}" if said else f" ({status})."
    if status == 530 or (phase == "login" and status in _LOGIN_REFUSED and status != 454):
        return NeedsHuman(
            f"The mail server refused the login{told}",
            code="unauthorized",
            remedy="Enter user name and password again under Connections; some want an app password.",
            status=status,
        )
    if phase == "starttls" or (phase == "login" and status == 504):
        return Permanent(
            f"The mail server does not offer what the connection needs{told}",
            code="not_offered",
            remedy="Choose another encryption or another port in the connection.",
            status=status,
        )
    if status < 500:
        return Retryable(
            f"The mail server can't take the mail now{told}",
            code="mail_deferred",
            certainty=Certainty.NOT_DONE,
            status=status,
        )
    return _refused_for_good(status, phase, told)


def _refused_for_good(status: int, phase: str, told: str) -> Permanent:
    if phase == "recipient":
        return Permanent(
            f"The mail server refused a recipient, so that nobody got the mail{told}",
            code="recipient_refused",
            remedy="Correct the address, or filter such events out.",
            status=status,
            field="to",
        )
    remedy = "Check the connection's user and its from address."
    if phase == "message":
        remedy = "Change the mail's content, or ask the mail server's provider."
    return Permanent(
        f"The mail server refused the mail{told}", code="mail_refused", remedy=remedy, status=status
    )
