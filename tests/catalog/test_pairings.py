"""Pairings: every trigger of one app with every action of another, each with its sentence and rank."""

import itertools

import pytest

from apps.catalog import registry
from apps.catalog.pairings import POPULAR, pairing, pairings
from apps.catalog.pairings.gains import GAINS
from apps.catalog.pairings.moments import MOMENTS
from apps.catalog.pairings.sentences import WRITTEN
from apps.catalog.spec import Effect

KEYS = [app.key for app in registry.APPS]
DIRECTIONS = list(itertools.permutations(KEYS, 2))
CLASSIC = ("identify-person", "track-event", "send-transactional-email", "delete-person")
TEN = (
    "charge-failed",
    "checkout-completed",
    "customer-created",
    "dispute-created",
    "invoice-paid",
    "invoice-payment-failed",
    "payment-succeeded",
    "subscription-cancelled",
    "subscription-created",
    "subscription-updated",
)
BOTH = (("stripe", "customerio"), ("customerio", "stripe"))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_every_trigger_is_paired_with_every_action_that_is_offered(direction):
    source, target = map(registry.get_app, direction)
    offered = [action for action in target.actions if not action.hidden]

    found = pairings(*direction)

    assert len(found) == len(source.triggers) * len(offered)
    assert [each.rank for each in found] == list(range(1, len(found) + 1))
    assert not any(each.action.hidden for each in found)


def test_no_sentence_is_said_twice_in_the_installation():
    every = [each.sentence for source in KEYS for target in KEYS for each in pairings(source, target)]
    described = {trigger.description for _, trigger in registry.iter_triggers()}
    described |= {action.description for _, action in registry.iter_actions()}

    assert len(every) == len(set(every))
    assert not described & set(every)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_sentence_is_one_plain_sentence(direction):
    for each in pairings(*direction):
        assert each.sentence[0].isupper(), each.sentence
        assert each.sentence.endswith("."), each.sentence
        assert not any(mark in each.sentence for mark in ("{", "}", "<", "’", "  ", ". ", "\n")), (
            each.sentence
        )
        assert 30 <= len(each.sentence) <= 160, each.sentence


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_ends_or_deletes_comes_last_and_is_never_popular(direction):
    found = pairings(*direction)
    marks = [each.destructive for each in found]

    assert marks == sorted(marks)
    assert not any(each.popular and (each.destructive or each.action.danger) for each in found)
    assert all(each.destructive for each in found if each.action.effect is Effect.DELETE)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_read_comes_after_what_changes_something_and_before_what_destroys(direction):
    kept = [each for each in pairings(*direction) if not each.destructive]
    reads = [each.action.effect is Effect.READ for each in kept]

    assert reads == sorted(reads)
    assert not any(each.popular for each in kept if each.action.effect is Effect.READ)


@pytest.mark.parametrize(
    "ref", ["stripe.create-refund", "stripe.cancel-subscription", "stripe.call-any-endpoint"]
)
def test_paying_back_and_cancelling_are_destructive_whatever_the_provider_calls_it(ref):
    assert pairing("customerio.trigger-email-opened", ref).destructive


@pytest.mark.parametrize("direction", BOTH)
def test_the_nine_best_are_popular_and_of_more_than_one_kind(direction):
    best = pairings(*direction)[:POPULAR]

    assert all(each.popular for each in best)
    assert len({each.trigger.key for each in best}) >= 4
    assert len({each.action.key for each in best}) >= 3
    assert all((each.trigger_ref, each.action_ref) in WRITTEN for each in best)


def test_dunning_is_the_first_thing_to_do():
    best = pairings("stripe", "customerio")[0]

    assert best.title == "When Invoice Payment Failed in Stripe, Track Custom Event in Customer.io"
    assert "dunning" in best.sentence


@pytest.mark.parametrize(("trigger", "action"), list(itertools.product(TEN, CLASSIC)))
def test_the_forty_classic_pairs_have_sentences_of_their_own(trigger, action):
    assert (f"stripe.trigger-{trigger}", f"customerio.{action}") in WRITTEN


def test_what_is_written_has_a_place_of_its_own_in_the_order():
    places = [
        (trigger.partition(".")[0], action.partition(".")[0], written.usefulness)
        for (trigger, action), written in WRITTEN.items()
    ]

    assert len(places) == len(set(places))


def test_nothing_is_written_about_what_does_not_exist():
    triggers = {registry.trigger_ref(app, trigger) for app, trigger in registry.iter_triggers()}
    actions = {registry.action_ref(app, action) for app, action in registry.iter_actions()}

    assert not here(MOMENTS) - triggers
    assert not here(GAINS) - actions
    assert not here(trigger for trigger, _ in WRITTEN) - triggers
    assert not here(action for _, action in WRITTEN) - actions


def here(refs):
    """Return the refs of apps that are installed."""
    return {ref for ref in refs if ref.partition(".")[0] in KEYS}


@pytest.mark.parametrize(
    "key", sorted({"stripe", "customerio", "slack", "email", "schedule", "http", "webhook"} & {*KEYS})
)
def test_every_trigger_and_action_has_a_part_written_for_it(key):
    app = registry.get_app(key)

    assert {registry.trigger_ref(app, trigger) for trigger in app.triggers} <= set(MOMENTS)
    assert {registry.action_ref(app, action) for action in app.actions if not action.hidden} <= set(GAINS)


def test_a_pairing_is_found_by_its_refs():
    found = pairing("stripe.trigger-invoice-paid", "customerio.send-transactional-email")

    assert found in pairings("stripe", "customerio")
    assert found.sentence == "Send a receipt of your own design, with number, amount and a link to the PDF."


@pytest.mark.parametrize(
    "refs",
    [
        ("stripe.trigger-nothing", "customerio.track-event"),
        ("stripe.trigger-invoice-paid", "customerio.nothing"),
        ("stripe.trigger-invoice-paid", "customerio.list-segments"),
    ],
)
def test_an_unknown_or_hidden_name_is_told(refs):
    with pytest.raises(registry.UnknownKeyError):
        pairing(*refs)


def test_an_unknown_app_is_told():
    with pytest.raises(registry.UnknownKeyError):
        pairings("stripe", "nowhere")


def test_what_is_done_for_a_person_comes_later_where_the_event_names_none():
    ranks = {each.action_ref: each.rank for each in pairings("schedule", "stripe")}

    assert ranks["stripe.create-payment-link"] < ranks["stripe.create-customer"]
