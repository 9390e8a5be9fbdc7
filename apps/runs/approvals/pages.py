"""The page behind an approval's link: GET shows what is asked, POST decides. No session is needed.

Once there is nothing to decide any more it tells what came of it, and nothing of what was asked.
"""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from apps.common.errors import NotAllowed, ServiceError
from apps.runs import tokens
from apps.runs.approvals import services, showing
from apps.runs.approvals.models import Approval, ApprovalLink
from apps.workspaces.access import Actor, role_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@csrf_exempt  # The token is the proof, and no-referrer makes browsers send no origin with a form.
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def link_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the approval of a link, or decide it."""
    link = _find(token)
    if link is None:
        return _answer(request, "runs/approval_gone.html", {"title": "This link is not known"}, status=404)
    approval, member = link.approval, _member(request, link)
    refusal = _refusal(request, link)
    if refusal is not None and refusal.code == "member_gone":
        gone = {"title": "This link is closed", "approval": approval, "run": approval.run, "refusal": refusal}
        return _answer(request, "runs/approval_link.html", gone, status=403)
    context: dict[str, Any] = {
        "title": approval.name,
        "approval": approval,
        "run": approval.run,
        "link": link,
        "actions": showing.present(approval.shown),
        "member": member,
        "told": services.told(approval),
        "open": _is_open(approval),
        "refusal": refusal,
        "must_sign_in": refusal is not None and refusal.code == "sign_in",
        "sign_in": f"{reverse('admin:login')}?{urlencode({'next': request.path})}",
        "max_comment": services.MAX_COMMENT,
    }
    if request.method != "POST":
        return _answer(request, "runs/approval_link.html", context)
    decision = request.POST.get("decision")
    if refusal is not None:
        return _answer(request, "runs/approval_link.html", context, status=403)
    if decision not in ("approve", "deny"):
        return _answer(
            request,
            "runs/approval_link.html",
            {**context, "error": "Choose “Approve” or “Deny”."},
            status=400,
        )
    try:
        decided = services.decide_approval(
            approval,
            approve=decision == "approve",
            link=link,
            actor=Actor.of(member) if member else None,
            comment=request.POST.get("comment", ""),
        )
    except ServiceError as error:
        approval.refresh_from_db()
        shown = {**context, "open": False, "told": services.told(approval), "error": error.message}
        return _answer(request, "runs/approval_link.html", shown, status=409)
    shown = {**context, "approval": decided, "open": False, "done": True, "told": services.told(decided)}
    return _answer(request, "runs/approval_link.html", shown)


def _find(token: str) -> ApprovalLink | None:
    rows = ApprovalLink.objects.select_related("approval__run__workflow", "approval__workspace")
    rows = rows.defer("approval__run__workflow__draft")
    return rows.filter(token_hash=tokens.hash_of(token)).first()


def _is_open(approval: Approval) -> bool:
    return approval.pending and approval.deadline_at > timezone.now() and not approval.run.finished


def _member(request: HttpRequest, link: ApprovalLink) -> "User | None":
    """Return who is signed in, as far as that is a member of the approval's workspace."""
    if not request.user.is_authenticated:
        return None
    user = request.user
    return user if role_of(user, link.approval.workspace) is not None else None


def _refusal(request: HttpRequest, link: ApprovalLink) -> NotAllowed | None:
    """Return why whoever asks may not decide by this link; None where they may."""
    try:
        services.demand_addressee(link, Actor.of(request.user) if request.user.is_authenticated else None)
    except NotAllowed as error:
        return error
    return None


def _answer(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response
