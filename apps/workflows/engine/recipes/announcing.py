"""What is told to one's own team or programs: what happened, to whom, and the facts that matter.

Nothing is looked up for it: an alert must not fail because a person is unknown.
"""

from collections.abc import Callable, Iterator, Mapping

from apps.catalog.spec import Field, FieldType, Semantic
from apps.workflows.engine.definition import ObjectMapping, TemplateMapping
from apps.workflows.engine.recipes.expressions import Inputs, given, output, rows, template, value
from apps.workflows.engine.recipes.people import email_of, semantic
from apps.workflows.engine.recipes.scenes import Scene
from apps.workflows.engine.recipes.telling import story_of

_MOST_LINES = 12
_AS = {FieldType.TIME: " | iso_time", FieldType.ANY: " | json | truncate: 2000"}
_TELLING = (
    Semantic.FULL_NAME,
    Semantic.AMOUNT,
    Semantic.PLAN,
    Semantic.STATUS,
    Semantic.DESCRIPTION,
    Semantic.URL,
)
_TELLING_KEYS = frozenset(
    {
        "attempt_count",
        "body",
        "cancellation_feedback",
        "cancellation_reason",
        "evidence_due_by",
        "failure_message",
        "href",
        "invoice_pdf",
        "local",
        "next_payment_attempt",
        "number",
        "reason",
        "subject",
        "trial_end",
    }
)


def announcement_of(scene: Scene) -> Inputs | None:
    """Return what fills an action that tells others what happened, None where the action is no such one."""
    fill = _TELLS.get(scene.action_ref)
    return None if fill is None else fill(scene)


def _text(scene: Scene, headline: str) -> TemplateMapping:
    lines = [headline, *_whom(scene), *_facts(scene)]
    return TemplateMapping(template="".join(lines))


def _headline(scene: Scene) -> str:
    return f"{scene.trigger.name} in {scene.trigger_app.name}"


def _whom(scene: Scene) -> Iterator[str]:
    """Tell by which the person is found again: the e-mail and the customer's id, else the charge's."""
    email, customer = email_of(scene), semantic(scene, Semantic.CUSTOMER)
    charge = "" if email or customer else semantic(scene, Semantic.CHARGE)
    for label, expression in (("E-mail", email), ("Customer", customer), ("Charge", charge)):
        if expression:
            yield _line(label, expression, expression)


def _facts(scene: Scene) -> Iterator[str]:
    told: set[Semantic] = set()
    lines = 0
    for field in scene.fields:
        meant = field.semantic in _TELLING and field.semantic not in told
        if lines < _MOST_LINES and (meant or field.key in _TELLING_KEYS):
            told |= {field.semantic} if field.semantic else set()
            lines += 1
            yield _fact(scene, field)


def _fact(scene: Scene, field: Field) -> str:
    at, currency = f"trigger.{field.key}", semantic(scene, Semantic.CURRENCY)
    if field.semantic is Semantic.AMOUNT and currency:
        return _line(
            field.label,
            f"{at} and {currency}",
            f"{at} | money: {currency}, 'code', strict: false | default: {at}",
        )
    return _line(field.label, at, f"{at}{_AS.get(field.type, '')}")


def _line(label: str, known: str, shown: str) -> str:
    """Return a line that is left out where there is nothing to show."""
    return f"{{% if {known} %}}\n{label}: {output(shown)}{{% endif %}}"


def _post(scene: Scene) -> Inputs:
    return {"text": _text(scene, f"*{_headline(scene)}*")}


def _mail(scene: Scene) -> Inputs:
    """Leave out to whom: a mail to the customer would need another text."""
    return {
        "subject": value(_headline(scene)),
        "text": _text(scene, f"{_headline(scene)}\n"),
    }


def _request(scene: Scene) -> Inputs:
    """Leave out where to: only the operator knows the interface."""
    story = story_of(scene, ())
    body: Inputs = {
        "event": value(story.event_name),
        "event_id": template("trigger.event_id"),
        "occurred_at": template("trigger.occurred_at"),
        **given(email=email_of(scene)),
        "data": rows(story.data),
    }
    return {"method": value("POST"), "json": ObjectMapping(object=body)}


_TELLS: Mapping[str, Callable[[Scene], Inputs]] = {
    "slack.send-message": _post,
    "slack.send-direct-message": _post,
    "slack.update-message": _post,
    "email.send": _mail,
    "http.request": _request,
}
"""By the action's ref."""
