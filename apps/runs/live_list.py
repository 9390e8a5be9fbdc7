"""What an open list of runs asks every few seconds: what is new, and how what it shows stands now."""

import hashlib
import json
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.runs import display, timeline
from apps.runs.models import Run

PARAMETERS = ("since", "ids")
"""`since`: the newest run that the list shows; `ids`: those that it shows, with commas."""

MOST_NEW = 100
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What an open list knows already."""

    since: int
    ids: tuple[int, ...]


def asked_in(given: QueryDict) -> Asked:
    """Read what the list knows; what is no number is left out."""
    ids = [each for each in given.get("ids", "").split(",") if _is_key(each)][:MOST_SHOWN]
    since = given.get("since", "")
    return Asked(int(since) if _is_key(since) else 0, tuple(int(each) for each in ids))


def answer(request: HttpRequest, runs: QuerySet[Run], *, own: QuerySet[Run], asked: Asked) -> HttpResponse:
    """Return `{"new", "more", "runs": {id: {"status", "took"}}}`, or 304 where nothing has changed.

    `runs` are those that the list's filters leave, `own` all of the workspace. Two
    queries of keys that an index finds; `new` is counted up to `MOST_NEW`.
    """
    new = runs.filter(pk__gt=asked.since).order_by().values("pk")[: MOST_NEW + 1].count()
    shown = own.filter(pk__in=asked.ids) if asked.ids else ()
    told = {
        "new": min(new, MOST_NEW),
        "more": new > MOST_NEW,
        "runs": {run.pk: {"status": status_of(run), "took": _took(run)} for run in shown},
    }
    body = json.dumps(told, separators=(",", ":"))
    mark = f'"{hashlib.sha256(body.encode()).hexdigest()[:24]}"'
    if request.headers.get("If-None-Match") == mark:
        return HttpResponseNotModified(headers={"ETag": mark})
    return HttpResponse(
        body, content_type="application/json", headers={"ETag": mark, "Cache-Control": "private, no-store"}
    )


def status_of(run: Run) -> SafeString:
    """Return a run's status with its reason."""
    badge = display.run_badge(run)
    return format_html("{} {}", badge, run.reason) if run.reason else badge


def _took(run: Run) -> str:
    return timeline.duration(run.received_at, run.finished_at)


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
