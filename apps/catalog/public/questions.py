"""The questions that people ask before they connect two apps, answered from what the system does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.catalog.presenting import REPEATING
from apps.catalog.public import addresses
from apps.catalog.public.offer import OfferedApp, Pair
from apps.catalog.spec import Action, App, Effect, Idempotency, Trigger

CALL_ATTEMPTS = 20
CALL_HOURS = 8
"""How often a call that failed is made, and the hours that this spans: the engine's policy."""
NAMED_EVENTS = 12


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its answer, both plain text."""

    question: str
    answer: str


def of_pair(pair: Pair, back: Pair | None) -> tuple[Question, ...]:
    """Return the questions of a pair's page."""
    source, target = pair.source.app, pair.target.app
    return (
        Question(f"How long does it take to connect {source.name} to {target.name}?", _setting_up()),
        Question("Is it in real time?", _real_time(source)),
        Question("What happens when a call fails?", _failing(pair.actions, target)),
        Question(
            "Can I filter events or change values on the way?",
            "Yes. A filter lets a run go on only if its conditions hold, for example only invoices above "
            "50 dollars in one currency. Each field is a fixed text or a template in Liquid, with filters "
            "for text, dates and money, and its value stands beside it while you type.",
        ),
        Question(f"Which {source.name} events can start a workflow?", _events(pair.source)),
        Question(
            "Do I need a paid plan?",
            "No. Tandem is open source under the MIT licence and runs on a machine of yours: self-hosted, "
            "no limit on workflows, runs or people. You pay for the machine, and whatever the providers "
            "charge.",
        ),
        Question(f"Does it work from {target.name} to {source.name} too?", _reverse(pair, back)),
    )


def of_trigger(app: App, trigger: Trigger) -> tuple[Question, ...]:
    """Return the questions of a trigger's page."""
    name = f"{app.name}’s {trigger.name}"
    return (
        Question(f"When does {name} fire?", _fires(app, trigger)),
        Question(
            "Can an event be lost, or handled twice?",
            f"{_received(app)} The event’s id is kept, and the same id again starts nothing, whoever "
            "repeats it.",
        ),
        Question(
            "What if I need a value that is not in the table?",
            "The untouched payload is there too: {{ trigger.raw }} and any path below it, such as "
            "{{ trigger.raw.data }}, can stand in every field and condition.",
        ),
    )


def of_action(app: App, action: Action) -> tuple[Question, ...]:
    """Return the questions of an action's page."""
    return (
        Question(f"What does {action.name} change in {app.name}?", _changes(app, action)),
        Question("What if the same call is made twice?", REPEATING[action.idempotency.value]),
        Question("What happens when the call fails?", _failing((action,), app)),
    )


def _setting_up() -> str:
    return (
        "About two minutes with the sandboxes, pretended accounts that need no key: choose a pairing, look "
        "at the fields, which are mapped already, publish, send a sample event and watch its run. For real "
        "accounts the form asks for the keys that are needed and says where they are found. Nothing has to "
        "be programmed."
    )


def _real_time(source: App) -> str:
    if not addresses.is_posted_to(source):
        return (
            f"{source.name} starts runs inside Tandem, so there is no provider to wait for. A due run is "
            "taken by the next free worker."
        )
    return (
        "Yes, nothing is polled. Each event is posted to your installation, which stores it, acknowledges "
        "it and wakes a worker. How fast that is depends on your machine; “make bench” measures it there, "
        "from acknowledgement to effect."
    )


def _received(app: App) -> str:
    if not addresses.is_posted_to(app):
        return "Each one is stored before anything else happens."
    return (
        "Who sends it is told that it arrived only after it is stored; if that fails, the answer says so "
        "and the event can be sent again."
    )


def _failing(actions: Sequence[Action], target: App) -> str:
    writing = [each for each in actions if each.effect is not Effect.READ]
    asked = [each.name for each in writing if each.idempotency is Idempotency.NONE]
    text = (
        f"If {target.name} is busy or away, the call is made again with growing pauses, up to "
        f"{CALL_ATTEMPTS} times over {CALL_HOURS} hours; a pause that the provider asks for is kept. If it "
        "refuses, the run stops there, says why, and goes on from that step when you press Retry."
    )
    if not asked:
        return f"{text} A repeated call has the same key or changes nothing more, so nothing is done twice."
    return (
        f"{text} When nobody can know whether {listing(asked, 'or')} happened, Tandem does not guess: the "
        "run waits, shows the request, and asks you."
    )


def _events(source: OfferedApp) -> str:
    names = [each.name for each in source.triggers]
    if len(names) > NAMED_EVENTS:
        rest = len(names) - NAMED_EVENTS
        return (
            f"{len(names)}: {', '.join(names[:NAMED_EVENTS])} and {rest} more, each with a page of its own."
        )
    return f"{len(names)}: {listing(names)}." if len(names) > 1 else f"One: {names[0]}."


def no_way_back(pair: Pair) -> str:
    """Say why nothing goes from the pair's second app to its first."""
    source, target = pair.source, pair.target
    if not target.triggers:
        return f"{target.app.name} has no triggers: it does what others start."
    if not source.actions:
        return f"{source.app.name} has no actions: it starts what others do."
    return f"{target.app.name} has no trigger that starts an action in {source.app.name}."


def _reverse(pair: Pair, back: Pair | None) -> str:
    source, target = pair.source.app.name, pair.target.app.name
    if back is None:
        return f"No. {no_way_back(pair)}"
    return (
        f"Yes: {count(len(back.triggers), f'{target} trigger')} and "
        f"{count(len(back.actions), f'{source} action')} make {count(len(back.pairings), 'pairing')}. Both "
        "directions can be live at the same time."
    )


def _fires(app: App, trigger: Trigger) -> str:
    types = trigger.event_types
    if not types or len(types) > NAMED_EVENTS:
        return trigger.description
    return f"{trigger.description} In {app.name} the event is called {listing(types, 'or')}."


def _changes(app: App, action: Action) -> str:
    if action.effect is Effect.READ:
        return "Nothing: it reads, so that later steps can use what it found."
    return (
        action.danger
        or {
            Effect.UPSERT: "It creates what is missing and updates what is there.",
            Effect.CREATE: "It makes something new.",
            Effect.DELETE: "It removes something.",
        }[action.effect]
    )


def count(number: int, noun: str) -> str:
    """Return “1 trigger” or “10 triggers”."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listing(names: Iterable[str], word: str = "and") -> str:
    """Return “a, b and c”."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last
