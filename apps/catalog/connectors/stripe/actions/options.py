"""Lists of prices, products, customers, coupons and subscriptions, to choose one in a step.

Each looks through the newest hundred, and says when there are more. Customers
are too many for that, so three letters and more are searched for at Stripe;
products are, where the newest hundred have none of them. Prices and
subscriptions have no search by name. An id finds what it names, however old
that is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.catalog.connectors.stripe.actions.listing import MOST_ROWS, rows_of
from apps.catalog.connectors.stripe.actions.operation import Operation, Read, action
from apps.catalog.connectors.stripe.actions.params import Param, param
from apps.catalog.connectors.stripe.actions.search import MIN_CONTAINED, Clause, Kind
from apps.catalog.connectors.stripe.flatten import dig
from apps.catalog.errors import Permanent
from apps.catalog.spec import Action, ActionCall, CallContext, Effect, Field, FieldType
from apps.language import money
from apps.language.errors import MoneyError

Label = Callable[[Mapping[str, Any]], str]

_SEARCH = param(
    "search",
    "Search",
    help_text="Only entries with these words.",
    example="pro",
    max_bytes=200,
    at="",
)
_OPTIONS = Field(
    key="options",
    label="Options",
    type=FieldType.LIST,
    help_text="One {value, label} for each.",
    example=[{"value": "price_1SQcVdLm2VtXe0ZbN5kYt9Hs", "label": "Pro plan, 49.00 USD each month"}],
)
_HAS_MORE = Field(
    key="has_more",
    label="Has more",
    type=FieldType.BOOLEAN,
    help_text="Whether the account has more than was looked through.",
    example=False,
)


def _text(found: Mapping[str, Any], *path: str) -> str:
    value = dig(found, *path)
    return value if isinstance(value, str) else ""


def _amount(found: Mapping[str, Any], key: str) -> str:
    minor = found.get(key)
    if not isinstance(minor, int):
        return ""
    try:
        return money.format_money(minor, _text(found, "currency"), "code")
    except MoneyError:
        return f"{minor} {_text(found, 'currency')}"


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _price(found: Mapping[str, Any]) -> str:
    interval = _text(found, "recurring", "interval")
    name = _joined(_text(found, "product", "name"), _text(found, "nickname") or _text(found, "lookup_key"))
    return _joined(name, _amount(found, "unit_amount") + (f" each {interval}" if interval else ""))


def _customer(found: Mapping[str, Any]) -> str:
    return _joined(_text(found, "name"), _text(found, "email"))


def _coupon(found: Mapping[str, Any]) -> str:
    percent = found.get("percent_off")
    off = f"{percent:g} % off" if isinstance(percent, int | float) else f"{_amount(found, 'amount_off')} off"
    return _joined(_text(found, "name"), off)


def _subscription(found: Mapping[str, Any]) -> str:
    price = dig(found, "items", "data", "0", "price")
    plan = _price(price) if isinstance(price, Mapping) else ""
    return _joined(
        _text(found, "customer", "email") or _text(found, "customer"), plan, _text(found, "status")
    )


def _reader(label: Label) -> Read:
    def read_options(answer: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        words = str(inputs.get("search", "")).casefold().split()
        options = [
            {"value": found["id"], "label": label(found) or found["id"]}
            for found in rows_of(answer)
            if isinstance(found.get("id"), str)
        ]
        kept = [each for each in options if _has(each, words)]
        return {"options": kept, "has_more": answer.get("has_more") is True}

    return read_options


def _has(option: Mapping[str, str], words: list[str]) -> bool:
    label, value = option["label"].casefold(), option["value"].casefold()
    return all(word in label or word == value for word in words)


@dataclass(frozen=True, slots=True)
class _ById:
    """Find the one thing whose id is searched for; look for anything else in the list."""

    prefix: str
    one: Operation
    listing: ActionCall

    def __call__(self, context: CallContext) -> dict[str, Any]:
        words = str(context.inputs.get("search", "")).strip()
        if not re.fullmatch(rf"{self.prefix}[A-Za-z0-9_]+", words):
            return self.listing(context)
        try:
            return self.one(replace(context, inputs={"search": words}))
        except Permanent as error:
            if not error.gone:
                raise
            return {"options": [], "has_more": False}


@dataclass(frozen=True, slots=True)
class _Coupon:
    """Find coupons by words; where there may be more of them, take what is searched for as an id.

    A coupon's id has no form of its own: it may be any word.
    """

    one: Operation
    listing: ActionCall

    def __call__(self, context: CallContext) -> dict[str, Any]:
        found = self.listing(context)
        words = str(context.inputs.get("search", "")).strip()
        if found["options"] or not found["has_more"] or not re.fullmatch(r"[A-Za-z0-9_\-]+", words):
            return found
        try:
            return self.one(replace(context, inputs={"search": words}))
        except Permanent as error:
            if not error.gone:
                raise
            return found


@dataclass(frozen=True, slots=True)
class _Searched:
    """Search products at Stripe by three letters and more; list the newest for less.

    Stripe's search lags by up to a minute, so the newest hundred are looked
    through first.
    """

    searching: Operation
    listing: ActionCall

    def __call__(self, context: CallContext) -> dict[str, Any]:
        found = self.listing(context)
        words = str(context.inputs.get("search", "")).strip()
        if found["options"] or not found["has_more"] or len(words) < MIN_CONTAINED:
            return found
        return self.searching(context)


def _named(action: Action, prefix: str, method: str, label: Label, *expand: str) -> Action:
    """Return the action that finds what an id names, too."""
    one = _one(method, label, *expand)
    return action.model_copy(update={"call": _ById(prefix, one, action.call)})


def _one(method: str, label: Label, *expand: str) -> Operation:
    """Return the call that reads the one thing of an id."""
    reads = _reader(label)
    return Operation(
        method,
        (),
        lambda answer, inputs: reads({"data": [answer]}, {}),
        writes=False,
        ids=("search",),
        fixed={"expand": list(expand)} if expand else None,
    )


def _options(of: str, plural: str, method: str, label: Label, docs: str, **fixed: Any) -> Action:
    return action(
        f"{of}-options",
        f"List {plural} to choose from",
        f"Lists the account's newest {plural.lower()}, to choose one in a step.",
        method,
        effect=Effect.READ,
        params=(_SEARCH,),
        fixed={"limit": MOST_ROWS, **fixed},
        reads=_reader(label),
        outputs=(_OPTIONS, _HAS_MORE),
        docs=f"{docs}/list",
        hidden=True,
    )


def _customer_query(value: str, _: Mapping[str, Any]) -> str:
    clauses = (Clause(field, "contains", value.strip(), Kind.TEXT) for field in ("email", "name"))
    return " OR ".join(clause.written() for clause in clauses)


SEARCH_CUSTOMERS = Operation(
    "customers.search",
    (Param(_SEARCH.field, ("query",), _customer_query),),
    _reader(_customer),
    writes=False,
    fixed={"limit": MOST_ROWS},
)


LIST_CUSTOMERS = Operation(
    "customers.list", (_SEARCH,), _reader(_customer), writes=False, fixed={"limit": MOST_ROWS}
)


def _find_customers(context: CallContext) -> dict[str, Any]:
    searched = len(str(context.inputs.get("search", "")).strip()) >= MIN_CONTAINED
    return (SEARCH_CUSTOMERS if searched else LIST_CUSTOMERS)(context)


def _product(found: Mapping[str, Any]) -> str:
    return _text(found, "name")


def _product_query(value: str, _: Mapping[str, Any]) -> str:
    return 'active:"true" AND ' + Clause("name", "contains", value.strip(), Kind.TEXT).written()


SEARCH_PRODUCTS = Operation(
    "products.search",
    (Param(_SEARCH.field, ("query",), _product_query),),
    _reader(_product),
    writes=False,
    fixed={"limit": MOST_ROWS},
)

_PRICES = _options("price", "Prices", "prices.list", _price, "prices", active=True, expand=["data.product"])
_PRODUCTS = _options("product", "Products", "products.list", _product, "products", active=True)
_CUSTOMERS = _options("customer", "Customers", "customers.list", _customer, "customers")
_COUPONS = _options("coupon", "Coupons", "coupons.list", _coupon, "coupons")
_SUBSCRIPTIONS = _options(
    "subscription",
    "Subscriptions",
    "subscriptions.list",
    _subscription,
    "subscriptions",
    status="all",
    expand=["data.customer"],
)

ACTIONS: tuple[Action, ...] = (
    _named(_PRICES, "price_", "prices.retrieve", _price, "product"),
    _named(
        _PRODUCTS.model_copy(update={"call": _Searched(SEARCH_PRODUCTS, _PRODUCTS.call)}),
        "prod_",
        "products.retrieve",
        _product,
    ),
    _named(_CUSTOMERS.model_copy(update={"call": _find_customers}), "cus_", "customers.retrieve", _customer),
    _COUPONS.model_copy(update={"call": _Coupon(_one("coupons.retrieve", _coupon), _COUPONS.call)}),
    _named(_SUBSCRIPTIONS, "sub_", "subscriptions.retrieve", _subscription, "customer"),
)
