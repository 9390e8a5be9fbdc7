"""How often, how long and at which pauses a step is repeated, as its own rule says."""

from datetime import timedelta

import pytest

from apps.workflows.engine.definition import Retry, parse
from apps.workflows.engine.effects import Failed
from apps.workflows.engine.outcomes import DEFAULT_POLICY, AskPerson, Fail, Policy, Repeat, decide
from apps.workflows.engine.problems import InvalidDefinitionError
from tests.workflows.engine.fakes import NOW, act, busy, timeout
from tests.workflows.engine.test_outcomes import COLUMNS

HOUR = timedelta(hours=1)


def verdict(error, column, *, attempt=1, age=timedelta(0), policy, before=False, begun_at=None):
    kind, idempotency = COLUMNS[column]
    return decide(
        Failed(error, at=NOW, first_sent_at=NOW - age),
        kind=kind,
        idempotency=idempotency,
        attempt=attempt,
        now=NOW,
        uncertain_before=before,
        policy=policy,
        begun_at=begun_at,
    )


def pause(attempt, **policy):
    found = verdict(busy(), "upsert", attempt=attempt, policy=Policy(**policy))
    return (found.at - NOW).total_seconds()


def test_a_factor_of_one_keeps_the_pause():
    for attempt in (1, 5, 19):
        assert 60 <= pause(attempt, first_delay=60, factor=1) <= 75


def test_pauses_grow_by_the_factor_up_to_the_longest():
    rule = {"first_delay": 10, "factor": 3, "max_delay": 100}

    assert 30 <= pause(2, **rule) <= 37.5
    assert 100 <= pause(4, **rule) <= 125


def test_nothing_is_repeated_beyond_the_horizon():
    policy = Policy(max_attempts=100, horizon=2 * HOUR)

    assert isinstance(verdict(busy(), "upsert", attempt=3, age=HOUR, policy=policy), Repeat)
    assert isinstance(verdict(busy(), "upsert", attempt=3, age=2 * HOUR, policy=policy), Fail)


def test_what_surely_did_not_happen_may_be_repeated_for_three_days():
    policy = Policy(max_attempts=100, horizon=72 * HOUR)

    for column in COLUMNS:
        assert isinstance(verdict(busy(), column, attempt=80, age=70 * HOUR, policy=policy), Repeat)


def test_a_long_horizon_does_not_outlive_a_provider_s_key():
    policy = Policy(max_attempts=100, horizon=72 * HOUR)

    late = verdict(timeout(), "create with a key", attempt=40, age=23 * HOUR, policy=policy)

    assert isinstance(late, AskPerson)


def test_a_long_horizon_repeats_nothing_that_has_no_key_and_may_have_happened():
    policy = Policy(max_attempts=100, horizon=72 * HOUR)

    assert isinstance(verdict(timeout(), "create without any key", policy=policy), AskPerson)


def test_a_short_horizon_does_not_end_what_may_have_happened_before_it_was_repeated_enough():
    policy = Policy(max_attempts=100, horizon=timedelta(seconds=10))

    early = verdict(timeout(), "upsert", attempt=2, age=HOUR, policy=policy)
    late = verdict(timeout(), "upsert", attempt=policy.sure_attempts, age=HOUR, policy=policy)

    assert isinstance(early, Repeat)
    assert isinstance(late, Fail)
    assert late.error.code == "gave_up_uncertain"


def test_a_read_counts_from_its_first_attempt_which_no_ledger_knows():
    policy = Policy(max_attempts=100, horizon=2 * HOUR)

    assert isinstance(verdict(busy(), "read", attempt=3, policy=policy, begun_at=NOW - HOUR), Repeat)
    assert isinstance(verdict(busy(), "read", attempt=3, policy=policy, begun_at=NOW - 2 * HOUR), Fail)


def test_a_rule_of_an_older_version_keeps_its_meaning():
    retry = Retry.model_validate({"attempts": 5, "first_delay": 30})

    assert (retry.factor, retry.horizon) == (DEFAULT_POLICY.factor, DEFAULT_POLICY.horizon)
    assert retry.max_delay == DEFAULT_POLICY.max_delay


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"horizon": 73 * 3600}, "A step may be repeated for 72 hours at most."),
        ({"first_delay": 600, "horizon": 60}, "The first pause is longer than the time"),
        ({"attempts": 101}, "less than or equal to 100"),
        ({"factor": 0.5}, "greater than or equal to 1"),
    ],
)
def test_a_rule_that_can_t_be_kept_is_refused_with_its_step(rule, told):
    step = act("event", retry=rule)
    form = {"schema": 1, "trigger": {"trigger": "shop.trigger-order-placed"}, "steps": [step]}

    with pytest.raises(InvalidDefinitionError) as caught:
        parse(form)

    (problem,) = caught.value.problems
    assert told in problem.message
    assert (problem.step_id, problem.field) == ("event", "retry")
