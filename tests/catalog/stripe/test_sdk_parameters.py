"""Every parameter that an action can send is one that the SDK's own types have for that call."""

import importlib
import inspect
import re
import sys
import typing
from operator import attrgetter
from typing import Any

import pytest
import stripe

from apps.catalog.connectors.stripe import APP
from apps.catalog.connectors.stripe.actions.changing import CANCEL_LATER, CANCEL_NOW
from apps.catalog.connectors.stripe.actions.options import LIST_CUSTOMERS, SEARCH_CUSTOMERS
from apps.catalog.contract import examples
from apps.catalog.spec import Action, FieldType
from tests.catalog.test_contract import completed

CLIENT = stripe.StripeClient("sk_test_types")
NAMES = re.compile(r"[A-Za-z_]\w*")
LITERALS = re.compile(r"Literal\[([^\]]*)\]")


def operations(action: Action) -> list[Any]:
    """Return the calls that an action can make."""
    several = {
        "cancel-subscription": [CANCEL_NOW, CANCEL_LATER],
        "customer-options": [LIST_CUSTOMERS, SEARCH_CUSTOMERS],
    }
    by_id = [action.call.one] if hasattr(action.call, "one") else []
    if action.key in several:
        return several[action.key] + by_id
    call = getattr(action.call, "listing", action.call)
    call, searching = getattr(call, "listing", call), [call.searching] if hasattr(call, "searching") else []
    return [getattr(call, "operation", call), *searching, *by_id]


WITH_OPERATIONS = [action for action in APP.actions if action.key != "call-any-endpoint"]
every_action = pytest.mark.parametrize("action", WITH_OPERATIONS, ids=lambda action: action.key)


def parameters_of(method: str) -> Any:
    """Return the TypedDict of a method's parameters."""
    function = attrgetter(method)(CLIENT.v1)
    annotation = str(inspect.signature(function).parameters["params"].annotation)
    (name,) = set(re.findall(r"\w+Params", annotation))
    source = inspect.getsource(sys.modules[function.__module__])
    found = re.search(rf"from (stripe\.params[\w.]*) import \(?\s*{name}\b", source)
    assert found is not None
    return getattr(importlib.import_module(found[1]), name)


def annotation_of(kind: Any, name: str) -> str:
    """Return an annotation as it is written."""
    annotation = kind.__annotations__[name]
    inner = typing.get_args(annotation)
    written = inner[0] if inner and "Required" in str(annotation) else annotation
    return str(getattr(written, "__forward_arg__", written))


def assert_known(sent: Any, kind: Any, path: str) -> None:
    """Compare what is sent with the TypedDict, however deep."""
    for name, value in sent.items():
        assert name in kind.__annotations__, f"{path}.{name}"
        annotation = annotation_of(kind, name)
        if isinstance(value, list):
            assert re.search(r"List\[|list\[", annotation), f"{path}.{name}"
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and not re.search(r"[Dd]ict\[str", annotation):
                module = sys.modules[kind.__module__]
                inner = [getattr(module, word, None) for word in NAMES.findall(annotation)]
                kinds = [each for each in inner if hasattr(each, "__required_keys__")]
                assert kinds, f"{path}.{name}"
                assert_known(item, kinds[0], f"{path}.{name}")
            elif isinstance(item, str) and (literals := literals_of(annotation)):
                assert item in literals, f"{path}.{name}={item}"


def literals_of(annotation: str) -> set[str]:
    """Return the fixed values of an annotation, none where any other text is allowed beside a few."""
    values = {text for group in LITERALS.findall(annotation) for text in re.findall(r"'([^']*)'", group)}
    return values if len(values - {""}) > 1 else set()


def given(action: Action) -> list[dict[str, Any]]:
    """Return inputs that together use every input of the action, and every choice that Stripe is sent."""
    sent = {each.field.key for operation in operations(action) for each in operation.params if each.path}
    found = [examples(action)]
    for field in action.inputs:
        if field.key == action.decided_by or field.example is None:
            continue
        values: list[Any] = [each.value for each in field.choices if field.key in sent] or [field.example]
        values = [True, False] if field.type is FieldType.BOOLEAN else values
        for value in values:
            inputs = {**examples(action, field), field.key: value}
            if value == "setup":  # It sells nothing, but wants a currency.
                inputs = {**inputs, "currency": "usd"}
                del inputs["price_id"]
            found.append(completed(action, inputs))
    return found


@every_action
def test_every_parameter_is_in_the_sdks_types(action):
    for operation in operations(action):
        kind = parameters_of(operation.method)
        for inputs in given(action):
            assert_known(operation.request(inputs), kind, operation.method)


@every_action
def test_every_declared_place_begins_with_a_parameter_of_the_call(action):
    for operation in operations(action):
        kind = parameters_of(operation.method)
        for each in operation.params:
            assert not each.path or each.path[0] in {*kind.__annotations__, "*"}, each.field.key


def test_the_check_finds_what_the_types_do_not_have():
    kind = parameters_of("customers.create")

    for wrong in ({"emial": "x"}, {"address": {"town": "x"}}, {"tax_exempt": "maybe"}, {"email": ["x"]}):
        with pytest.raises(AssertionError):
            assert_known(wrong, kind, "customers.create")
    assert_known({"metadata": {"any": "thing"}, "tax_exempt": "reverse"}, kind, "customers.create")
