"""Running a stored delivery once more."""

from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from apps.catalog import registry
from apps.catalog.spec import Event
from apps.common.crypto import SealError
from apps.common.errors import Conflict
from apps.runs import services as runs
from apps.runs.models import Run
from apps.webhooks import arrivals, inbox, routing
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission


def run_again(delivery: Delivery, *, actor: Actor) -> list[Run]:
    """Run the delivery once more through every workflow that listens to it now.

    What earlier runs created or deleted is reused, not done again. Raises
    `Conflict` when nothing listens, the body can't be read any more, or an
    earlier run has not ended.
    """
    require(actor, delivery.workspace, Permission.OPERATE_RUNS)
    try:
        with transaction.atomic():
            # One at a time, or two would take the same replay number.
            rows = Delivery.objects.select_related("connection", "workspace").select_for_update(of=("self",))
            started = _run_again(rows.get(pk=delivery.pk), actor=actor)
    except IntegrityError:
        raise Conflict(
            "A run of this delivery is being replayed by somebody else.",
            code="already_started",
            remedy="Look at the delivery's runs.",
        ) from None
    return started


def _run_again(delivery: Delivery, *, actor: Actor) -> list[Run]:
    _require_body(delivery)
    route = route_of(delivery)
    if not route.workflows:
        raise Conflict(
            f"No published workflow listens to {delivery.event_type} on “{delivery.connection}”.",
            code="nothing_listens",
            remedy="Publish a workflow with this trigger, then run the delivery again.",
        )
    Delivery.objects.accept_ignored(delivery.pk)
    started = _replay(delivery, route.workflows)
    audit.record(
        delivery.workspace,
        actor=actor,
        verb="delivery.run_again",
        target=delivery,
        after={"runs": [str(run.code) for run in started]},
    )
    runs.wake_workers()
    return started


def route_of(delivery: Delivery) -> routing.Route:
    """Return where the stored event goes now; nowhere once its body does not open any more."""
    try:
        event = event_of(delivery)
    except SealError:
        return routing.Route([], "The body does not open.")
    meant = event.workflow if event else None
    return routing.route(delivery.connection, delivery.event_type, workflow=meant)


def event_of(delivery: Delivery) -> Event | None:
    """Read the stored event again; None where it can't be read. Raises `SealError` when its key is gone."""
    app = registry.get_app(delivery.connection.app)
    body = inbox.open_body(delivery)
    return arrivals.read(app, body, at=delivery.received_at, late=False, source=delivery.source).event


def _require_body(delivery: Delivery) -> None:
    """Raise `Conflict` unless the delivery holds an event that can be run."""
    if delivery.source == Delivery.Source.TEST:
        raise Conflict(
            "This delivery tested a draft; live workflows don't take it.",
            code="test_delivery",
            remedy="Test the draft again in the editor.",
        )
    if delivery.status == Delivery.Status.QUARANTINED:
        raise Conflict(
            "This delivery is quarantined: its body could not be read as an event.",
            code="quarantined",
            remedy="Release it from the quarantine once the reason is mended, or map it to an event there.",
        )
    if not delivery.body:
        raise Conflict(
            "This delivery can be read, not replayed: its body was kept for the replay window only.",
            code="body_gone",
            remedy="Resend the event from the provider.",
        )
    try:
        inbox.open_body(delivery)
    except SealError as error:
        raise Conflict(
            "This delivery can't be replayed: its body does not open.",
            code="body_unreadable",
            remedy=unreadable_remedy(error),
        ) from None


def unreadable_remedy(error: SealError) -> str:
    """Say what to do about a stored body that does not open."""
    if error.code == "unknown_key":
        return (
            f"Put the key {error.key_id} back at the end of FIELD_KEYS, "
            "or resend the event from the provider."
        )
    return "Resend the event from the provider."


def _replay(delivery: Delivery, workflows: list[Workflow]) -> list[Run]:
    """Start a run per workflow, numbered behind those that the delivery already had."""
    last = dict(
        Run.objects.filter(delivery=delivery, workflow__in=workflows)
        .order_by()
        .values("workflow")
        .annotate(last=Max("replay"))
        .values_list("workflow", "last")
    )
    at = datetime.now(UTC)
    started: list[Run] = []
    for workflow in workflows:
        number = last[workflow.pk] + 1 if workflow.pk in last else 0
        started += runs.start_runs(delivery, [workflow], at=at, replay=number)
    return started
