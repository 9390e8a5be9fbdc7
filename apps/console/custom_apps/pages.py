"""The pages of an own app: add it, look at it, change its parts."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse

from apps.catalog import custom_apps
from apps.catalog.addresses import why_not_public
from apps.catalog.contract import Problem
from apps.catalog.custom.proposals import propose_fields
from apps.catalog.models import CustomApp
from apps.common import egress, look
from apps.common.errors import ServiceError
from apps.connections import moved
from apps.console.custom_apps import parts, saving
from apps.console.custom_apps.controls import Group, PartForm
from apps.console.custom_apps.forms import ABOUT, BASICS, CONNECTING, WEBHOOK
from apps.console.custom_apps.frame import page, status_of, to_app
from apps.console.custom_apps.part_forms import ACTION, TRIGGER
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import current_workspace, require_permission, scope_of

_KNOWN = Group(ABOUT.title, tuple(item for item in ABOUT.items if item.name != "key"))
FORMS: dict[str, Sequence[Group]] = {
    "basics": (_KNOWN, CONNECTING),
    "action": ACTION,
    "trigger": TRIGGER,
    "webhook": WEBHOOK,
}
_NOUNS = {"basics": "app", "action": "action", "trigger": "trigger", "webhook": "webhook"}


def add(request: HttpRequest) -> HttpResponse:
    """Ask who the app is and how it is called; a POST adds it."""
    actor = require_permission(request, Permission.MANAGE_APPS)
    if request.method != "POST":
        return _form(request, None, "basics", PartForm.of_data(BASICS, parts.NEW["basics"]))
    form = PartForm.of_post(BASICS, request.POST.dict())
    if not _is_save(request):
        return _changed_form(request, None, "basics", form)
    data = parts.completed("basics", form.data())
    error: ServiceError | None = None
    if not form.errors:
        try:
            row = custom_apps.create_app(current_workspace(request), actor=actor, declaration=data)
        except ServiceError as refused:
            error = _told(form, refused, "basics", None, data)
        else:
            messages.success(request, f"“{row}” is here. Add an action, or its webhook and a trigger.")
            return to_app(row)
    return _form(request, None, "basics", form, error=error, status=400)


def detail(request: HttpRequest, row: CustomApp) -> HttpResponse:
    """Show an app with everything that it declares. Nothing is called."""
    declaration = row.declaration
    webhook = declaration["webhook"]
    return page(
        request,
        "console/custom/app.html",
        title=row.name,
        row=row,
        declaration=declaration,
        badge=look.badge("active", "On") if row.enabled else look.badge("paused", "Switched off"),
        facts=_facts(row),
        not_public=_why_refused(declaration["base_url"]),
        plain=declaration["base_url"].startswith("http://"),
        unverified=webhook is not None and webhook["verification"]["kind"] == "none",
        connections=moved.connections_of(row.workspace, row.key),
        users=sorted({use.user for use in saving.needed_by(row)}),
        may_connect=row.enabled and scope_of(request).allows(Permission.MANAGE_CONNECTIONS),
    )


def edit(request: HttpRequest, row: CustomApp, kind: str, key: str = "") -> HttpResponse:
    """Show the form of a part; a POST changes it. `key` names an action or trigger, "" a new one."""
    actor = require_permission(request, Permission.MANAGE_APPS)
    groups, index = FORMS[kind], _index(row, kind, key)
    if request.method != "POST":
        shown = parts.part_of(row.declaration, kind, index)
        return _form(request, row, kind, PartForm.of_data(groups, shown), key=key)
    form = PartForm.of_post(groups, request.POST.dict())
    do = request.POST.get("do", "save")
    if do not in ("save", "remove-part"):
        return _changed_form(request, row, kind, form, key=key)
    part = None if do == "remove-part" else parts.completed(kind, form.data())
    changed = parts.put_part(row.declaration, kind, index, part)
    error: ServiceError | None = None
    if not form.errors:
        try:
            broken = saving.save(row, actor=actor, declaration=changed, revision=_revision(request, row))
        except ServiceError as refused:
            error = _told(form, refused, kind, index, changed)
        else:
            _say_saved(request, kind, broken, removed=part is None)
            return to_app(row)
    return _form(request, row, kind, form, key=key, error=error, status=status_of(error) if error else 400)


def _changed_form(
    request: HttpRequest, row: CustomApp | None, kind: str, form: PartForm, *, key: str = ""
) -> HttpResponse:
    """Show the form with a row more or less, or with proposed fields; nothing is saved."""
    verb, _, rest = request.POST.get("do", "").partition(":")
    name, _, number = rest.partition(":")
    if verb == "add":
        form.add_row(name)
    elif verb == "remove" and number.isdecimal() and len(number) < 4:
        form.remove_row(name, int(number))
    elif verb == "propose":
        _propose(request, form)
    return _form(request, row, kind, form, key=key)


def _propose(request: HttpRequest, form: PartForm) -> None:
    data = form.data()
    if not isinstance(data.get("sample"), Mapping):
        form.errors.setdefault("sample", "Paste a JSON object first.")
        return
    taken = frozenset(line["path"] for line in data["fields"])
    proposed = propose_fields(data["sample"], taken)
    used = {line["key"] for line in data["fields"]}
    for line in proposed:
        if line["key"] not in used:
            form.add_row("fields", line)
    messages.info(request, f"{len(proposed)} fields are proposed. Remove those that nobody needs, then save.")


def _told(
    form: PartForm, refused: ServiceError, kind: str, index: int | None, declaration: Mapping[str, Any]
) -> ServiceError | None:
    """Put the problems of a refusal at their controls; returns it unless it is only a list of these."""
    if refused.code == "invalid_app":
        problems = [Problem(tuple(each["path"]), each["message"], each["remedy"]) for each in refused.details]
        form.tell(parts.problems_below(problems, kind, index, declaration))
        return None
    if refused.field and kind == "basics":
        form.tell([Problem((refused.field,), refused.message, refused.remedy)])
        return None
    return refused


def _say_saved(request: HttpRequest, kind: str, broken: Sequence[str], *, removed: bool) -> None:
    messages.success(request, f"The {_NOUNS[kind]} is {'removed' if removed else 'saved'}.")
    if broken:
        listed = ", ".join(f"“{name}”" for name in broken)
        messages.warning(
            request, f"Keys must be entered again for {listed}: they were entered for another receiver."
        )


def _form(
    request: HttpRequest,
    row: CustomApp | None,
    kind: str,
    form: PartForm,
    *,
    key: str = "",
    error: ServiceError | None = None,
    status: int = 200,
) -> HttpResponse:
    noun = _NOUNS[kind]
    if row is None:
        title = "New app of your own"
    elif kind in parts.LISTS:
        title = form.text("name") if key else f"New {noun}"
    else:
        title = f"{row.name}: webhook" if kind == "webhook" else f"Edit {row.name}"
    return page(
        request,
        "console/custom/form.html",
        title=title,
        row=row,
        kind=kind,
        noun=noun,
        is_new=kind in parts.LISTS and not key,
        form=form,
        groups=form.bound(),
        error=error,
        revision=_revision(request, row) if row else 0,
        status=status,
    )


def _index(row: CustomApp, kind: str, key: str) -> int | None:
    if kind not in parts.LISTS or not key:
        return None
    keys = [each["key"] for each in row.declaration[parts.LISTS[kind]]]
    if key not in keys:
        raise Http404(f"“{row}” has no such {kind}.")
    return keys.index(key)


def _is_save(request: HttpRequest) -> bool:
    return request.POST.get("do", "save") == "save"


def _revision(request: HttpRequest, row: CustomApp) -> int:
    """Return the revision that the person saw; 0, which no app has, where what was posted tells none."""
    if request.method != "POST":
        return row.revision
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _why_refused(base_url: str) -> str:
    """Return why the guard will refuse the address, "" where only a look-up can tell."""
    allowed = egress.is_allowed(base_url, egress.parse_allow(settings.EGRESS_ALLOW))
    return "" if allowed else why_not_public(base_url)


def _facts(row: CustomApp) -> Any:
    declaration = row.declaration
    signing = declaration["signing"]
    signed = {"bearer": "Bearer token", "basic": "HTTP Basic", "query": "query parameter", "header": "header"}
    how = signed.get(signing["kind"], "not signed")
    return look.kv_table(
        [
            ("Key", row.key),
            ("Base address", declaration["base_url"]),
            ("Requests", f"{how} {signing['name']}".strip()),
            ("Test call", f"GET {declaration['test_path']}" if declaration["test_path"] else "none yet"),
            (
                "A connection asks for",
                ", ".join(field["label"] for field in declaration["auth"]) or "nothing",
            ),
            ("Made by", row.created_by.get_username() if row.created_by else "the command line"),
            ("Changed", look.when(row.changed_at)),
        ]
    )
