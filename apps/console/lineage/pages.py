"""The pages of lineage: into a field, from a field, and about a person."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from apps.common import look
from apps.common.errors import NotAllowed
from apps.console.lineage.flows import Flow, flows_of
from apps.console.lineage.person import MOST_RUNS, export_story, story_of
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import actor_of, current_workspace, require_permission, scope_of

MOST_SHOWN = 200


def routes() -> list[URLPattern]:
    """Return the pages' routes, within the admin."""
    wrap = admin.site.admin_view
    return [
        path("lineage/", wrap(lineage), name="lineage"),
        path("lineage/person/", wrap(person), name="lineage_person"),
        path("lineage/person/export/", wrap(export), name="lineage_person_export"),
    ]


def lineage(request: HttpRequest) -> HttpResponse:
    """Show what feeds a field, or where an event's field goes."""
    require_permission(request, Permission.VIEW)
    found = flows_of(current_workspace(request))
    into, source = request.GET.get("into", ""), request.GET.get("from", "")
    words = request.GET.get("q", "").strip().lower()
    shown = [
        flow
        for flow in found.rows
        if (not into or flow.destination == into)
        and (not source or flow.source == source)
        and (not words or words in _text(flow))
    ]
    return _page(
        request,
        "console/lineage.html",
        title="Lineage",
        destinations=_choices((flow.destination, flow.destination_name) for flow in found.rows),
        sources=_choices((flow.source, flow.source_name) for flow in found.rows if flow.path),
        into=into,
        source=source,
        q=request.GET.get("q", ""),
        asked=bool(into or source or words),
        groups=_grouped(shown[:MOST_SHOWN], by_source=bool(source) and not into),
        count=len(shown),
        most=MOST_SHOWN,
        more=found.more,
        any=bool(found.rows),
    )


def person(request: HttpRequest) -> HttpResponse:
    """Show everything that is kept about one person."""
    require_permission(request, Permission.VIEW)
    who = request.GET.get("who", "").strip()
    story = story_of(who, current_workspace(request)) if who else None
    rows = [
        {"each": each, "when": look.when(each.at), "badge": look.badge(each.status, each.label)}
        for each in (story.moments if story else ())
    ]
    return _page(
        request,
        "console/person.html",
        title="About a person",
        who=who,
        story=story,
        rows=rows,
        most=MOST_RUNS,
        may_export=scope_of(request).allows(Permission.EXPORT),
    )


def export(request: HttpRequest) -> HttpResponse:
    """Give what is kept about one person as a file."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    who = request.POST.get("who", "").strip()
    try:
        rows = export_story(who, current_workspace(request), actor=actor_of(request))
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
    response = JsonResponse({"about": who, "moments": rows}, json_dumps_params={"indent": 2})
    response["Content-Disposition"] = 'attachment; filename="about-a-person.json"'
    return response


def _text(flow: Flow) -> str:
    passed = " ".join(f"{each.name} {each.what}" for each in flow.via)
    return " ".join((flow.workflow, flow.source_name, passed, flow.step, flow.destination_name)).lower()


def _choices(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted({value: name for value, name in pairs if value}.items(), key=lambda each: each[1].lower())


def _grouped(flows: list[Flow], *, by_source: bool) -> list[dict[str, Any]]:
    """Group flows by what was asked about: the event's field, or the one that is filled."""
    groups: dict[str, list[Flow]] = {}
    for flow in flows:
        groups.setdefault(flow.source_name if by_source else flow.destination_name, []).append(flow)
    return [{"name": name, "flows": rows} for name, rows in sorted(groups.items())]


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})
