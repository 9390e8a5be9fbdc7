"""Receiving many requests in one commit: verify each, store all, and tell each what became of it.

One request is a batch of one. A batch that fails is written again one by one, so
that one bad arrival harms no other; whether the first attempt was committed does
not matter, since what was stored is then seen before.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection as database

from apps.catalog import registry
from apps.catalog.spec import ReceivedRequest
from apps.common.logs import bound
from apps.connections.models import Connection, Endpoint
from apps.connections.schemes import scheme_of
from apps.runs import services as runs
from apps.webhooks import arrivals, endpoints, inbox, platform, refusals, storing
from apps.webhooks.models import Delivery
from apps.webhooks.receipts import NOT_STORED, Errand, Post, Receipt
from apps.webhooks.storing import Draft, Stored

log = structlog.get_logger(__name__)

SINGLY_SECONDS = 5.0
"""So long are the arrivals of a failed batch tried one by one; who is left then is told to send again."""

_BAD_REQUESTS = frozenset({"missing_header", "malformed_header"})


@dataclass(slots=True)
class _Letter:
    """A request, what is to be stored of it, and the answer once there is one.

    Several drafts come of an event for several connections, each answered by a
    receipt; `taken` is done once all are stored.
    """

    post: Post
    receipt: Receipt | None = None
    drafts: Sequence[Draft] = ()
    touched: Sequence[Endpoint] = ()
    taken: Callable[[], None] | None = None


def receive_all(posts: Sequence[Post], errands: list[Errand] | None = None) -> list[Receipt]:
    """Take requests of any providers; return their receipts, in order, once everything is committed.

    Must not be called inside a transaction. Answers as `services.receive` does;
    raises nothing that one of the requests is to blame for. What need not be
    waited for is put into `errands` for the caller to do, or done here without one.
    """
    try:
        by_token = _found(posts)
    except DatabaseFailure as error:
        return [not_stored(error)] * len(posts)
    letters = [_read(post, by_token) for post in posts]
    begins = _store([letter for letter in letters if letter.drafts])
    left = partial(_run_errands, letters, begins=begins)
    if errands is None:
        left()
    else:
        errands.append(left)
    return [letter.receipt or NOT_STORED for letter in letters]


def not_stored(error: Exception) -> Receipt:
    """Log why and ask the provider to send the event again."""
    log.error("webhook.not_stored", error=type(error).__name__)
    return NOT_STORED


def _found(posts: Sequence[Post]) -> dict[str, Endpoint]:
    """Look the endpoints of all requests up; a connection that was lost since the last time is made anew."""
    paths = [post.path for post in posts]
    try:
        return endpoints.by_token(paths)
    except DatabaseFailure:
        if database.in_atomic_block:
            raise
        database.close_if_unusable_or_obsolete()
        if database.connection is not None:
            raise
        return endpoints.by_token(paths)


def _read(post: Post, by_token: dict[str, Endpoint]) -> _Letter:
    """Verify and read one request. Whatever it holds, it harms no other."""
    with bound(request=post.request) if post.request else bound():
        try:
            return _recognised(post, by_token)
        except endpoints.RefusedError as error:
            return _Letter(post, _refused(error, post))
        except DatabaseFailure as error:
            return _Letter(post, not_stored(error))
        except Exception as error:
            log.exception("webhook.receive_failed")
            return _Letter(post, not_stored(error))


def _recognised(post: Post, by_token: dict[str, Endpoint]) -> _Letter:
    try:
        return _verified(post, by_token)
    except endpoints.UnknownEndpointError as error:
        return _for_platform(post) or _Letter(post, Receipt(404, "unknown_endpoint", error.message))


def _verified(post: Post, by_token: dict[str, Endpoint]) -> _Letter:
    candidates = endpoints.find(post.path, by_token)
    endpoint, verified = endpoints.verify(candidates, post.headers, post.body, now=post.at.timestamp())
    app = registry.get_app(endpoint.connection.app)
    arrival = arrivals.read(
        app,
        post.body,
        at=post.at,
        late=verified.late,
        source=post.source,
        headers=post.headers,
        pack=_packing(endpoint.connection, post),
    )
    return _Letter(post, drafts=[storing.draft(endpoint.connection, arrival)], touched=[endpoint])


def _packing(connection: Connection, post: Post) -> Callable[[], bytes] | None:
    scheme = scheme_of(connection)
    if scheme is None or scheme.pack is None:
        return None
    request = ReceivedRequest(post.headers, post.query, post.body, int(post.at.timestamp()))
    return partial(scheme.pack, request)


def _for_platform(post: Post) -> _Letter | None:
    """Read a request at the webhook of an OAuth client, for each connection it is for; None if there is none.

    Where one of several can't be stored the provider is asked to send it again;
    the others then see it as a duplicate.
    """
    delivery = platform.verified(post.path, post.headers, post.body, at=post.at)
    if delivery is None:
        return None
    if not delivery.endpoints:
        platform.note_end(delivery)
        return _Letter(post, Receipt(200, "no_connection", delivery.nobody))
    drafts = [storing.draft(each.connection, delivery.arrival) for each in delivery.endpoints]
    done = partial(platform.note_end, delivery)
    return _Letter(post, drafts=drafts, touched=delivery.endpoints, taken=done)


def _refused(error: endpoints.RefusedError, post: Post) -> Receipt:
    refusals.count(error.endpoint_id, error.code, at=post.at)
    if error.code == endpoints.SECRET_UNREADABLE:
        # Who sent it can't be told, which is our fault: the provider shall try again.
        log.error("webhook.secret_unreadable", endpoint=error.endpoint_id)
        return Receipt(503, error.code, error.message)
    if error.code in platform.UNPLACED:
        return Receipt(503, error.code, error.message)
    return Receipt(400 if error.code in _BAD_REQUESTS else 401, error.code, error.message)


def _store(letters: Sequence[_Letter]) -> bool:
    """Write all in one commit, or each draft in its own where that fails; tell whether a run begins."""
    until = time.monotonic() + SINGLY_SECONDS
    drafts = [draft for letter in letters for draft in letter.drafts]
    if not drafts:
        return False
    stored = _commit(drafts)
    if stored is None and len(drafts) > 1:
        singly = [_commit_one(draft, until=until) for draft in drafts]
        stored = Stored([each.receipts[0] for each in singly], any(each.begins for each in singly))
    stored = stored or Stored([NOT_STORED] * len(drafts), begins=False)
    given = iter(stored.receipts)
    for letter in letters:
        letter.receipt = max((next(given) for _ in letter.drafts), key=lambda receipt: receipt.status)
        if letter.taken is not None:
            _note_end(letter, letter.taken)
    return stored.begins


def _commit(drafts: Sequence[Draft]) -> Stored | None:
    """Store and commit the drafts; None where it failed, or where its commit is not known."""
    try:
        return storing.commit(drafts)
    except DatabaseFailure as error:
        not_stored(error)
        if not database.in_atomic_block:
            database.close_if_unusable_or_obsolete()
    except Exception as error:
        log.exception("webhook.store_failed", drafts=len(drafts))
        not_stored(error)
    return None


def _commit_one(draft: Draft, *, until: float) -> Stored:
    stored = _commit([draft]) if time.monotonic() <= until else None
    return stored or Stored([NOT_STORED], begins=False)


def _note_end(letter: _Letter, taken: Callable[[], None]) -> None:
    """Do what a letter's answer depends on; where that fails the provider is asked to send it again."""
    try:
        taken()
    except DatabaseFailure as error:
        letter.receipt = not_stored(error)


def _run_errands(letters: Sequence[_Letter], *, begins: bool) -> None:
    """Wake the workers and note when endpoints got something: none of it may take an answer back."""
    if begins:
        try:
            runs.wake_workers()
        except DatabaseFailure as error:
            log.warning("webhook.nobody_woken", error=type(error).__name__)
    touched: dict[int, tuple[Endpoint, datetime]] = {}
    for letter in letters:
        stored = letter.receipt is not None and letter.receipt.status == 200
        # What we sent ourselves says nothing of the provider.
        if stored and letter.post.source == Delivery.Source.WEBHOOK:
            touched |= {endpoint.pk: (endpoint, letter.post.at) for endpoint in letter.touched}
    for pk, (endpoint, at) in touched.items():
        try:
            inbox.touch(endpoint, at=at)
        except DatabaseFailure as error:
            log.warning("webhook.endpoint_not_touched", endpoint=pk, error=type(error).__name__)
