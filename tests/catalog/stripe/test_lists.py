"""The lists that inputs are chosen from: labels, narrowing, and things older than the newest page."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from apps.catalog.connectors.stripe import APP
from apps.catalog.errors import Permanent
from tests.catalog.stripe.provider import Provider, answer, run


@pytest.mark.parametrize(
    ("key", "row", "label"),
    [
        (
            "price-options",
            {"id": "price_1", "product": {"name": "Pro"}, "unit_amount": 4900, "currency": "jpy"},
            "Pro, 4900 JPY",
        ),
        ("price-options", {"id": "price_1", "unit_amount": 5, "currency": "zzz"}, "5 zzz"),
        ("product-options", {"id": "prod_1", "name": "Pro"}, "Pro"),
        ("product-options", {"id": "prod_1"}, "prod_1"),
        ("coupon-options", {"id": "C", "amount_off": 500, "currency": "usd"}, "5.00 USD off"),
        ("subscription-options", {"id": "sub_1", "customer": "cus_1", "status": "active"}, "cus_1, active"),
    ],
)
def test_options_are_labelled_for_people(key, row, label):
    options = run(key, {}, Provider(answer(body={"data": [row, {"id": None}]})))["options"]

    assert options == [{"value": row["id"], "label": label}]


def test_options_are_narrowed_by_every_word():
    rows = [{"id": "prod_1", "name": "Pro plan"}, {"id": "prod_2", "name": "Basic plan"}]

    found = run("product-options", {"search": "plan PRO"}, Provider(answer(body={"data": rows})))

    assert [each["value"] for each in found["options"]] == ["prod_1"]


@pytest.mark.parametrize(
    ("key", "row", "path", "label"),
    [
        ("customer-options", {"id": "cus_1", "name": "Pat"}, "/v1/customers/cus_1", "Pat"),
        ("product-options", {"id": "prod_1", "name": "Pro"}, "/v1/products/prod_1", "Pro"),
        ("price-options", {"id": "price_1", "product": {"name": "Pro"}}, "/v1/prices/price_1", "Pro"),
        ("subscription-options", {"id": "sub_1", "status": "active"}, "/v1/subscriptions/sub_1", "active"),
    ],
)
def test_an_id_finds_what_it_names_however_old(key, row, path, label):
    send = Provider(answer(body=row))

    found = run(key, {"search": f" {row['id']} "}, send)

    assert found["options"] == [{"value": row["id"], "label": label}]
    [request] = send.requests
    assert (request.method, urlsplit(request.url).path) == ("GET", path)


def test_an_id_that_names_nothing_is_an_empty_list_and_a_refusal_stays_one():
    gone = answer(404, {"error": {"code": "resource_missing", "message": "No such price"}})
    assert run("price-options", {"search": "price_gone"}, Provider(gone)) == {
        "options": [],
        "has_more": False,
    }


def test_what_the_newest_products_do_not_have_is_searched_for():
    newest = answer(body={"data": [{"id": "prod_1", "name": "Mini"}], "has_more": True})
    older = answer(body={"data": [{"id": "prod_2", "name": "Enterprise plan"}], "has_more": False})
    send = Provider(newest, older)

    found = run("product-options", {"search": "Enterprise"}, send)

    assert [each["value"] for each in found["options"]] == ["prod_2"]
    assert found["has_more"] is False
    query = dict(parse_qsl(urlsplit(send.requests[1].url).query))["query"]
    assert query == 'active:"true" AND name~"Enterprise"'


def test_a_coupon_that_is_not_among_the_newest_is_found_by_its_id():
    newest = answer(body={"data": [{"id": "A", "percent_off": 5}], "has_more": True})
    send = Provider(newest, answer(body={"id": "OLD20", "percent_off": 20}))

    found = run("coupon-options", {"search": "OLD20"}, send)

    assert found["options"] == [{"value": "OLD20", "label": "20 % off"}]
    gone = answer(404, {"error": {"code": "resource_missing", "message": "No such coupon"}})
    assert run("coupon-options", {"search": "OLD21"}, Provider(newest, gone)) == {
        "options": [],
        "has_more": True,
    }


def test_a_refusal_of_one_by_its_id_is_told():

    with pytest.raises(Permanent):
        run("price-options", {"search": "price_1"}, Provider(answer(403, {"error": {"message": "no"}})))


def test_every_input_that_names_a_thing_offers_a_list():
    named = {
        "customer": "customer-options",
        "customer_id": "customer-options",
        "price_id": "price-options",
        "product_id": "product-options",
        "coupon": "coupon-options",
        "subscription": "subscription-options",
        "subscription_id": "subscription-options",
    }

    for action in APP.actions:
        for field in action.inputs:
            if field.key in named:
                assert field.options_from == named[field.key], (action.key, field.key)
