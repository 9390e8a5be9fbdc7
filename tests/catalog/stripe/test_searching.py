"""Searches are built of clauses that can't be broken out of, and their results are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.connectors.stripe.actions.search import Clause, Kind, query
from apps.catalog.connectors.stripe.sandbox.finding import _parsed as parsed
from apps.catalog.errors import Permanent
from tests.catalog.stripe.provider import Provider, action_of, answer, run

KINDS = {"email": Kind.TEXT, "metadata": Kind.EXACT, "created": Kind.NUMBER}


def written(**row):
    return query({"operator": "is", **row}, KINDS)


@pytest.mark.parametrize(
    ("row", "clause"),
    [
        ({"field": "email", "value": " a@example.com "}, 'email:"a@example.com"'),
        ({"field": "email", "operator": "contains", "value": "example"}, 'email~"example"'),
        ({"field": "email", "operator": "is_not", "value": "x"}, '-email:"x"'),
        ({"field": "email", "value": 'x" OR email:"y'}, r'email:"x\" OR email:\"y"'),
        ({"field": "email", "value": "x\\"}, 'email:"x\\\\"'),
        ({"field": "metadata", "metadata_key": 'a"]', "value": "b"}, r'metadata["a\"]"]:"b"'),
        ({"field": "created", "operator": "less_than", "value": "1794744000"}, "created<1794744000"),
    ],
)
def test_a_clause_is_written_in_stripes_language(row, clause):
    assert written(**row) == clause


def test_clauses_are_joined_by_one_word():
    more = [{"field": "created", "operator": "at_least", "value": "1"}]

    assert written(field="email", value="x", more=more) == 'email:"x" AND created>=1'
    assert written(field="email", value="x", more=more, match="any") == 'email:"x" OR created>=1'


@given(value=st.text(min_size=1).filter(lambda text: text.strip() and all(ord(each) >= 32 for each in text)))
def test_no_value_breaks_out_of_its_quotes(value):
    clauses, _ = parsed(written(field="email", value=value))

    (clause,) = clauses
    assert clause["field"] == "email"
    assert clause["text"].replace('\\"', '"').replace("\\\\", "\\") == value.strip()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"field": "metadata", "value": "x"}, "metadata_key"),
        ({"field": "created", "value": "yesterday"}, "value"),
        ({"field": "created", "value": "1 OR created>0"}, "value"),
        ({"field": "created", "operator": "contains", "value": "123"}, "operator"),
        ({"field": "email", "operator": "more_than", "value": "x"}, "operator"),
        ({"field": "email", "operator": "contains", "value": "ab"}, "operator"),
        ({"field": "email", "value": "a\nb"}, "value"),
        ({"field": "email", "value": "x", "more": [{"field": "email", "value": "x"}] * 10}, "more"),
    ],
)
def test_what_stripe_could_not_read_is_refused(row, field):
    with pytest.raises(Permanent) as caught:
        written(**row)

    assert caught.value.field == field


def found(rows, **inputs):
    send = Provider(answer(body={"object": "search_result", "data": rows, "has_more": False}))
    page = run("search-customers", {"operator": "is", **inputs}, send)
    return [item["customer_id"] for item in page["items"]]


def test_somebody_elses_e_mail_is_dropped():
    rows = [{"id": "cus_1", "email": "Jane@example.com"}, {"id": "cus_2", "email": "joe@example.com"}, {}]

    assert found(rows, field="email", value="jane@example.com") == ["cus_1"]


@pytest.mark.parametrize(
    ("inputs", "ids"),
    [
        ({"field": "email", "operator": "is_not", "value": "a@example.com"}, ["cus_2"]),
        ({"field": "name", "operator": "contains", "value": "doe jane"}, ["cus_1"]),
        ({"field": "metadata", "metadata_key": "plan", "value": "pro"}, ["cus_1"]),
        ({"field": "created", "operator": "at_most", "value": "10"}, ["cus_1"]),
        ({"field": "created", "operator": "more_than", "value": "10"}, ["cus_2"]),
        ({"field": "created", "value": "10", "more": [{"field": "name", "value": "Joe"}]}, []),
        (
            {"field": "created", "value": "10", "match": "any", "more": [{"field": "name", "value": "Joe"}]},
            ["cus_1", "cus_2"],
        ),
    ],
)
def test_every_result_is_what_was_asked_for(inputs, ids):
    rows = [
        {
            "id": "cus_1",
            "email": "a@example.com",
            "name": "Jane Doe",
            "created": 10,
            "metadata": {"plan": "Pro"},
        },
        {"id": "cus_2", "email": "b@example.com", "name": "Joe", "created": 11, "metadata": None},
    ]

    assert found(rows, **inputs) == ids


def test_an_expanded_customer_is_compared_by_its_id():
    clause = Clause("customer", "is", "cus_1", Kind.EXACT)

    assert clause.fits({"customer": {"id": "cus_1"}})
    assert not clause.fits({"customer": None})


def test_a_search_reads_on_by_its_page():
    send = Provider(answer(body={"data": [], "has_more": True, "next_page": "abc"}))

    page = run("search-customers", {"field": "email", "operator": "is", "value": "x", "page": "p1"}, send)

    assert (page["next_page"], page["only_id"]) == ("abc", None)
    assert "page=p1" in send.requests[0].url
    assert action_of("search-customers").input("page") is not None
