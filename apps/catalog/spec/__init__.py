"""What a connector declares: frozen data plus named functions.

An `App` is everything the product knows of a provider. Declarations carry no
conditions and no code in strings; behaviour hangs on them as functions of the
shapes below.
"""

from apps.catalog.spec.actions import Action, ActionCall, CallContext, Effect, Idempotency, InputCheck, Mode
from apps.catalog.spec.apps import App, RateLimit, SandboxHandle
from apps.catalog.spec.auth import Account, Auth, Checked, ClientAuth, ClientKeys, Granted, OAuth, Pkce
from apps.catalog.spec.fields import Choice, Field, FieldType, Semantic, Spec
from apps.catalog.spec.reconciling import EventPage, ListContext, Listed, LookContext, Rebuilt, Reconcile
from apps.catalog.spec.triggers import (
    Declines,
    Enrichment,
    EventTypesFrom,
    Flatten,
    LookUp,
    OptionsCheck,
    Trigger,
)
from apps.catalog.spec.webhooks import (
    Event,
    Pack,
    ReadEvent,
    ReceivedRequest,
    Registered,
    RegistrationContext,
    Report,
    Sign,
    Verified,
    Verify,
    WebhookScheme,
)

__all__ = [
    "Account",
    "Action",
    "ActionCall",
    "App",
    "Auth",
    "CallContext",
    "Checked",
    "Choice",
    "ClientAuth",
    "ClientKeys",
    "Declines",
    "Effect",
    "Enrichment",
    "Event",
    "EventPage",
    "EventTypesFrom",
    "Field",
    "FieldType",
    "Flatten",
    "Granted",
    "Idempotency",
    "InputCheck",
    "ListContext",
    "Listed",
    "LookContext",
    "LookUp",
    "Mode",
    "OAuth",
    "OptionsCheck",
    "Pack",
    "Pkce",
    "RateLimit",
    "ReadEvent",
    "Rebuilt",
    "ReceivedRequest",
    "Reconcile",
    "Registered",
    "RegistrationContext",
    "Report",
    "SandboxHandle",
    "Semantic",
    "Sign",
    "Spec",
    "Trigger",
    "Verified",
    "Verify",
    "WebhookScheme",
]
