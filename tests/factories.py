"""One factory per model: the smallest row that a test can start from."""

import datetime as dt
import uuid
from typing import Any

import factory
from django.contrib.auth import get_user_model
from django.utils import timezone

from apps.connections import credentials
from apps.connections.models import Connection, Endpoint
from apps.runs.models import Effect, Run, StepRun
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workspaces.models import Membership, Workspace
from apps.workspaces.roles import Role

PASSWORD = "a password of the tests"


def app_of(key: str) -> Any:
    """Return the declared app; imported here so that rows without an account need no connector."""
    from apps.catalog import registry

    return registry.get_app(key)


class UserFactory(factory.django.DjangoModelFactory):
    """A person who may sign in to the admin, with the password `PASSWORD`."""

    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person-{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    is_staff = True

    @factory.post_generation
    def password(self, create: bool, extracted: str | None, **kwargs: Any) -> None:
        self.set_password(extracted or PASSWORD)
        if create:
            self.save(update_fields=["password"])


class WorkspaceFactory(factory.django.DjangoModelFactory):
    """An empty workspace."""

    class Meta:
        model = Workspace

    name = factory.Sequence(lambda n: f"Workspace {n}")


class MembershipFactory(factory.django.DjangoModelFactory):
    """An editor, unless `role` says otherwise."""

    class Meta:
        model = Membership

    workspace = factory.SubFactory(WorkspaceFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.EDITOR


class ConnectionFactory(factory.django.DjangoModelFactory):
    """A connected account; a sandbox one unless `sandbox=False`.

    `entered` are the values as an operator would enter them; by default those of
    the app's sandbox. The secret ones are really sealed.
    """

    class Meta:
        model = Connection
        exclude = ("entered",)

    workspace = factory.SubFactory(WorkspaceFactory)
    code = factory.LazyFunction(uuid.uuid4)
    app = "stripe"
    name = factory.Sequence(lambda n: f"Connection {n}")
    sandbox = True
    base_url = ""
    status = Connection.Status.CONNECTED
    entered = factory.LazyAttribute(lambda made: dict(app_of(made.app).auth.sandbox_values))

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        app, entered = app_of(kwargs["app"]), kwargs["entered"]
        secret_keys = {field.key for field in app.auth.fields if field.secret}
        secrets = {key: value for key, value in entered.items() if key in secret_keys}
        row = Connection(**{key: kwargs[key] for key in ("code", "app", "sandbox", "base_url")})
        row.values = {key: value for key, value in entered.items() if key not in secret_keys}
        return {
            "credentials": credentials.seal(row, secrets),
            "values": row.values,
            "hints": {key: credentials.hint(value) for key, value in secrets.items()},
            "label": app.auth.label(entered),
            **kwargs,
        }


class EndpointFactory(factory.django.DjangoModelFactory):
    """A registered webhook whose signing secret is `secret_value`; event types as given."""

    class Meta:
        model = Endpoint
        exclude = ("secret_value",)

    connection = factory.SubFactory(ConnectionFactory)
    token = factory.LazyFunction(lambda: uuid.uuid4().hex)
    state = Endpoint.State.REGISTERED
    provider_id = factory.Sequence(lambda n: f"we_{n}")
    secret_value = factory.LazyAttribute(lambda made: app_of(made.connection.app).webhook.new_secret())

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        row = Endpoint(token=kwargs["token"])
        return {"secret": credentials.seal_signing(row, (kwargs["secret_value"],)), **kwargs}


def definition(
    trigger: str = "stripe.trigger-charge-failed", connection: str = "", steps: tuple[Any, ...] = ()
) -> dict[str, Any]:
    """Return a definition in its JSON form; without steps unless given."""
    part = {"id": "trigger", "trigger": trigger, "connection": str(connection), "options": {}}
    return {"schema": 1, "trigger": part, "steps": list(steps), "notes": ""}


class WorkflowFactory(factory.django.DjangoModelFactory):
    """A draft without steps; `VersionFactory(live=True)` publishes one."""

    class Meta:
        model = Workflow

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"Workflow {n}")
    draft = factory.LazyFunction(definition)


class VersionFactory(factory.django.DjangoModelFactory):
    """A version of a workflow; with `live=True` the workflow is published with it.

    The trigger's connection is then `workflow.trigger_connection`, which the test sets.
    """

    class Meta:
        model = WorkflowVersion
        skip_postgeneration_save = True

    workflow = factory.SubFactory(WorkflowFactory)
    number = factory.Sequence(lambda n: n + 1)
    definition = factory.LazyAttribute(lambda made: made.workflow.draft)

    @factory.post_generation
    def live(self, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        if create and extracted:
            self.workflow.status = Workflow.Status.PUBLISHED
            self.workflow.live_version = self
            self.workflow.trigger_ref = self.definition["trigger"]["trigger"]
            self.workflow.save()


class DeliveryFactory(factory.django.DjangoModelFactory):
    """An accepted delivery without a stored body; `body` takes what the room's own services seal."""

    class Meta:
        model = Delivery

    connection = factory.SubFactory(ConnectionFactory)
    workspace = factory.SelfAttribute("connection.workspace")
    status = Delivery.Status.ACCEPTED
    event_id = factory.Sequence(lambda n: f"evt_{n}")
    event_type = "charge.failed"
    occurred_at = factory.LazyFunction(timezone.now)
    received_at = factory.LazyFunction(timezone.now)
    body_size = 2


class RunFactory(factory.django.DjangoModelFactory):
    """A queued run of a published version, due now, in one workspace with its delivery."""

    class Meta:
        model = Run

    delivery = factory.SubFactory(DeliveryFactory)
    workspace = factory.SelfAttribute("delivery.workspace")
    version = factory.SubFactory(
        VersionFactory,
        live=True,
        workflow__workspace=factory.SelfAttribute("...workspace"),
        workflow__trigger_connection=factory.SelfAttribute("...delivery.connection"),
    )
    workflow = factory.SelfAttribute("version.workflow")
    event_id = factory.SelfAttribute("delivery.event_id")
    event_type = factory.SelfAttribute("delivery.event_type")
    event_at = factory.SelfAttribute("delivery.occurred_at")
    received_at = factory.SelfAttribute("delivery.received_at")
    due_at = factory.SelfAttribute("delivery.received_at")
    lease_token = factory.LazyAttribute(
        lambda made: uuid.uuid4() if made.status == Run.Status.RUNNING else None
    )
    lease_until = factory.LazyAttribute(
        lambda made: timezone.now() + dt.timedelta(seconds=10) if made.status == Run.Status.RUNNING else None
    )
    status = Run.Status.QUEUED


class StepRunFactory(factory.django.DjangoModelFactory):
    """A succeeded action step with an empty log."""

    class Meta:
        model = StepRun

    run = factory.SubFactory(RunFactory)
    path = factory.Sequence(lambda n: f"step_{n}")
    position = factory.Sequence(lambda n: n % 30000)
    kind = "action"
    name = "Tell Customer.io"
    action = "customerio.track-event"
    status = StepRun.Status.SUCCEEDED
    attempts = 1
    started_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyFunction(timezone.now)


class EffectFactory(factory.django.DjangoModelFactory):
    """A done effect of a run at a Customer.io sandbox of the same workspace."""

    class Meta:
        model = Effect

    run = factory.SubFactory(RunFactory)
    workspace = factory.SelfAttribute("run.workspace")
    connection = factory.SubFactory(
        ConnectionFactory, app="customerio", workspace=factory.SelfAttribute("..workspace")
    )
    path = factory.Sequence(lambda n: f"step_{n}")
    action = "customerio.track-event"
    effect = "create"
    idempotency = "event_id"
    key = factory.Sequence(lambda n: f"{n:064x}")
    status = Effect.Status.DONE
    first_sent_at = factory.LazyFunction(timezone.now)
    sent_at = factory.LazyFunction(timezone.now)
    answered_at = factory.LazyAttribute(
        lambda made: None if made.status in (Effect.Status.PENDING, Effect.Status.UNKNOWN) else made.sent_at
    )
