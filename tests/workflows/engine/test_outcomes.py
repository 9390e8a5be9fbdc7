"""The outcome table, cell by cell."""

from datetime import timedelta

import pytest

from apps.catalog.errors import Certainty, Permanent, Retryable
from apps.catalog.spec import Effect, Idempotency
from apps.workflows.engine import outcomes
from apps.workflows.engine.effects import Failed
from apps.workflows.engine.outcomes import DEFAULT_POLICY, AskPerson, Done, Fail, ParkRun, Repeat, decide
from tests.workflows.engine.fakes import NOW, busy, refused, timeout, unauthorized

COLUMNS = {
    "read": (Effect.READ, Idempotency.NATURAL),
    "upsert": (Effect.UPSERT, Idempotency.NATURAL),
    "delete": (Effect.DELETE, Idempotency.NATURAL),
    "event with an id": (Effect.CREATE, Idempotency.EVENT_ID),
    "create with a key": (Effect.CREATE, Idempotency.KEY),
    "create without any key": (Effect.CREATE, Idempotency.NONE),
}


def verdict(error, column, *, attempt=1, age=timedelta(0), **rest):
    """Decide; unless said otherwise nothing can have happened before."""
    kind, idempotency = COLUMNS[column]
    facts = {"attempt": attempt, "uncertain_before": False, **rest}
    failure = Failed(error, at=NOW, first_sent_at=NOW - age)
    return decide(failure, kind=kind, idempotency=idempotency, now=NOW, **facts)


@pytest.mark.parametrize("column", COLUMNS)
def test_surely_not_done_is_repeated(column):
    assert isinstance(verdict(busy(), column), Repeat)


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "create without any key"])
def test_uncertain_is_repeated_where_something_guards_it(column):
    assert isinstance(verdict(timeout(), column), Repeat)


def test_uncertain_without_any_key_asks_a_person():
    result = verdict(timeout(), "create without any key")

    assert isinstance(result, AskPerson)
    assert "not known whether the call happened" in result.error.message
    assert "Do it now" in result.error.remedy


@pytest.mark.parametrize("column", COLUMNS)
def test_refused_fails(column):
    result = verdict(refused(), column)

    assert isinstance(result, Fail)
    assert result.error.code == "refused"
    assert result.error.remedy == "Mend it."


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "create with a key"])
def test_refused_behind_an_uncertain_attempt_fails_where_repeating_is_safe(column):
    assert isinstance(verdict(refused(), column, attempt=2, uncertain_before=True), Fail)


@pytest.mark.parametrize("kind", [Effect.CREATE, Effect.UPSERT, Effect.DELETE])
def test_refused_with_a_key_behind_an_uncertain_attempt_asks(kind):
    failure = Failed(refused(), at=NOW, first_sent_at=NOW)

    result = decide(
        failure, kind=kind, idempotency=Idempotency.KEY, attempt=2, now=NOW, uncertain_before=True
    )

    assert isinstance(result, AskPerson)
    assert "not known whether the call happened" in result.error.message


def test_a_refused_read_with_a_key_fails():
    failure = Failed(refused(), at=NOW, first_sent_at=NOW)

    result = decide(
        failure, kind=Effect.READ, idempotency=Idempotency.KEY, attempt=2, now=NOW, uncertain_before=True
    )

    assert isinstance(result, Fail)


@pytest.mark.parametrize("column", COLUMNS)
def test_refused_credentials_park_the_run(column):
    assert isinstance(verdict(unauthorized(), column), ParkRun)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_repetition_whose_error_says_refused_fails(column):
    error = Retryable("No.", code="no", certainty=Certainty.REFUSED)

    assert isinstance(verdict(error, column), Fail)


def test_the_refused_field_is_named():
    error = Permanent("Bad e-mail.", code="bad", field="person")

    assert verdict(error, "upsert").error.field == "person"


def test_a_key_is_reused_until_it_is_23_hours_old():
    assert isinstance(verdict(timeout(), "create with a key", age=timedelta(hours=22, minutes=59)), Repeat)
    assert isinstance(verdict(timeout(), "create with a key", age=timedelta(hours=23)), AskPerson)


def test_a_repetition_that_would_come_after_the_key_is_gone_is_not_planned():
    error = Retryable("Slow down.", code="busy", certainty=Certainty.UNCERTAIN, after=7200)

    assert isinstance(verdict(error, "create with a key", age=timedelta(hours=22)), AskPerson)


def test_an_old_key_does_not_matter_where_nothing_can_have_happened():
    age = timedelta(hours=30)

    assert isinstance(
        verdict(busy(), "create with a key", attempt=2, age=age, uncertain_before=False), Repeat
    )
    assert isinstance(
        verdict(busy(), "create with a key", attempt=2, age=age, uncertain_before=True), AskPerson
    )


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_delete_that_finds_nothing_after_an_uncertain_one_has_succeeded(attempt):
    result = verdict(refused(gone=True), "delete", attempt=attempt, uncertain_before=True)

    assert isinstance(result, Done)


def test_a_first_delete_that_finds_nothing_fails():
    assert isinstance(verdict(refused(gone=True), "delete", attempt=1), Fail)


def test_a_repeated_delete_that_was_surely_not_done_before_and_finds_nothing_fails():
    assert isinstance(verdict(refused(gone=True), "delete", attempt=2), Fail)


def test_only_a_delete_is_done_when_nothing_is_there():
    assert isinstance(verdict(refused(gone=True), "upsert", uncertain_before=True), Fail)


LAST = DEFAULT_POLICY.max_attempts


@pytest.mark.parametrize("column", COLUMNS)
def test_giving_up_on_what_was_surely_not_done_fails(column):
    result = verdict(busy(), column, attempt=LAST, uncertain_before=False)

    assert isinstance(result, Fail)
    assert result.error.code == "gave_up"
    assert f"Gave up after {LAST} attempts." in result.error.message


@pytest.mark.parametrize("column", ["upsert", "delete", "event with an id"])
def test_giving_up_on_an_uncertain_call_says_that_it_may_have_happened(column):
    result = verdict(timeout(), column, attempt=LAST)

    assert isinstance(result, Fail)
    assert result.error.code == "gave_up_uncertain"
    assert "may have happened" in result.error.message


def test_giving_up_on_a_read_does_not_say_that_it_may_have_happened():
    result = verdict(timeout(), "read", attempt=LAST)

    assert result.error.code == "gave_up"


def test_giving_up_on_an_uncertain_create_asks():
    assert isinstance(verdict(timeout(), "create with a key", attempt=LAST), AskPerson)


def test_a_create_that_was_uncertain_once_is_never_failed_silently():
    result = verdict(busy(), "create with a key", attempt=LAST, uncertain_before=True)

    assert isinstance(result, AskPerson)


def test_a_call_without_any_key_that_is_repeated_was_surely_not_done():
    assert isinstance(verdict(busy(), "create without any key", attempt=LAST, uncertain_before=True), Fail)


def test_what_may_have_happened_is_repeated_for_a_day():
    assert isinstance(verdict(timeout(), "event with an id", attempt=2, age=timedelta(hours=23)), Repeat)
    assert isinstance(verdict(timeout(), "event with an id", attempt=2, age=timedelta(hours=24)), Fail)


def test_a_read_is_not_bound_to_the_day():
    assert isinstance(verdict(timeout(), "read", attempt=2, age=timedelta(days=3)), Repeat)


def seconds(error, attempt, **rest):
    return (
        verdict(error, "upsert", attempt=attempt, uncertain_before=False, **rest).at - NOW
    ).total_seconds()


def test_delays_double_and_are_spread_by_up_to_a_quarter():
    for attempt in range(1, LAST):
        own = min(2.0 ** (attempt - 1), DEFAULT_POLICY.max_delay)

        assert own <= seconds(busy(), attempt, seed="a") <= own * 1.25


def test_the_spread_is_the_same_every_time_and_differs_between_calls():
    assert seconds(busy(), 3, seed="a") == seconds(busy(), 3, seed="a")
    assert seconds(busy(), 3, seed="a") != seconds(busy(), 3, seed="b")


def test_retry_after_is_waited_for():
    assert seconds(busy(after=90), 1) == 90


def test_retry_after_does_not_shorten_the_delay():
    assert seconds(busy(after=0.5), 6) >= 32


def test_retry_after_is_believed_up_to_six_hours():
    assert seconds(busy(after=10**9), 1) == 6 * 3600


def test_a_huge_attempt_number_does_not_overflow():
    policy = outcomes.Policy(max_attempts=10**6)

    assert seconds(busy(), 10**5, policy=policy) <= DEFAULT_POLICY.max_delay * 1.25
