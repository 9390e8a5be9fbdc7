import pytest

from apps.workflows.engine.definition import TransformStep
from apps.workflows.engine.transforming import (
    TransformError,
    apply,
    compile_transform,
    problems_of,
)

ORDER = {
    "id": "o1",
    "note": None,
    "lines": [
        {"sku": "b", "price": 3, "count": 2},
        {"sku": "a", "price": 1.5, "count": None},
        {"sku": "b", "price": 0.1, "count": 1},
    ],
    "tags": ["new", "paid", "new"],
    "nested": [[1, [2]], 3, [4]],
}
SCOPE = {"trigger": ORDER, "steps": {}, "item": "outer"}
WHOLE = {"template": "{{ trigger }}"}
LINES = {"template": "{{ trigger.lines }}"}
TAGS = {"template": "{{ trigger.tags }}"}


def step(source, *operations):
    return TransformStep.model_validate(
        {"id": "t", "name": "Change", "source": source, "operations": list(operations)}
    )


def made(source, *operations):
    return apply(compile_transform(step(source, *operations)), SCOPE)


def template(text):
    return {"template": text}


@pytest.mark.parametrize(
    ("source", "operations", "expected"),
    [
        (None, [], {}),
        (TAGS, [], ["new", "paid", "new"]),
        (None, [{"op": "set", "field": "id", "value": template("{{ trigger.id }}")}], {"id": "o1"}),
        (None, [{"op": "set", "field": "n", "value": template("{{ trigger.note }}")}], {"n": None}),
        (
            None,
            [
                {
                    "op": "set",
                    "field": "o",
                    "value": {"object": {"a": {"value": 1}, "b": template("{{ trigger.note }}")}},
                }
            ],
            {"o": {"a": 1}},
        ),
        (WHOLE, [{"op": "pick", "fields": ["tags", "id", "none"]}], {"tags": ORDER["tags"], "id": "o1"}),
        (
            WHOLE,
            [{"op": "pick", "fields": ["id", "note"]}, {"op": "rename", "field": "id", "to": "order"}],
            {"order": "o1", "note": None},
        ),
        (
            WHOLE,
            [{"op": "pick", "fields": ["id", "note"]}, {"op": "rename", "field": "id", "to": "note"}],
            {"note": "o1"},
        ),
        (
            WHOLE,
            [{"op": "pick", "fields": ["id"]}, {"op": "rename", "field": "none", "to": "id"}],
            {"id": "o1"},
        ),
        (
            WHOLE,
            [{"op": "remove", "fields": ["lines", "tags", "nested", "none"]}],
            {"id": "o1", "note": None},
        ),
        (TAGS, [{"op": "unique"}], ["new", "paid"]),
        (TAGS, [{"op": "join"}], "new, paid, new"),
        (TAGS, [{"op": "join", "separator": ""}], "newpaidnew"),
        (TAGS, [{"op": "count"}], 3),
        (TAGS, [{"op": "take", "count": 1}], ["new"]),
        (TAGS, [{"op": "sort", "descending": True}], ["paid", "new", "new"]),
        (TAGS, [{"op": "map", "value": template("{{ item | upper }}")}, {"op": "unique"}], ["NEW", "PAID"]),
        (LINES, [{"op": "map", "value": template("{{ item.price }}")}, {"op": "sum"}], 4.6),
        (LINES, [{"op": "sum", "by": "count"}], 3),
        (
            LINES,
            [{"op": "sort", "by": "price"}, {"op": "map", "value": template("{{ item.price }}")}],
            [0.1, 1.5, 3],
        ),
        (
            LINES,
            [
                {"op": "sort", "by": "count", "descending": True},
                {"op": "map", "value": template("{{ item.count }}")},
            ],
            [2, 1, None],
        ),
        (LINES, [{"op": "unique", "by": "sku"}, {"op": "count"}], 2),
        (
            LINES,
            [
                {
                    "op": "filter",
                    "condition": {
                        "left": template("{{ item.price }}"),
                        "op": "at_least",
                        "right": {"value": 1},
                    },
                },
                {"op": "map", "value": template("{{ item.sku }}")},
            ],
            ["b", "a"],
        ),
        (template("{{ trigger.nested }}"), [{"op": "flatten"}], [1, [2], 3, 4]),
        (template("{{ trigger.note }}"), [{"op": "count"}], 0),
        (
            WHOLE,
            [
                {"op": "pick", "fields": ["lines", "tags"]},
                {"op": "sum", "field": "lines", "by": "price", "to": "total"},
                {"op": "count", "field": "lines", "to": "size"},
                {"op": "join", "field": "tags", "separator": "+"},
                {"op": "take", "field": "lines", "count": 0},
                {"op": "count", "field": "none", "to": "zero"},
            ],
            {"lines": [], "tags": "new+paid+new", "total": 4.6, "size": 3, "zero": 0},
        ),
        ({"value": [1, True, 1.0, "1", None, None]}, [{"op": "unique"}], [1, True, "1", None]),
    ],
)
def test_operations_are_made_in_order(source, operations, expected):
    result = made(source, *operations)

    assert result == expected
    assert type(result) is type(expected)


def test_nothing_that_a_template_reads_is_changed():
    before = repr(ORDER)

    made(WHOLE, {"op": "set", "field": "id", "value": {"value": 2}}, {"op": "sort", "field": "tags"})
    made(LINES, {"op": "take", "count": 1})

    assert repr(ORDER) == before


def test_the_item_of_an_operation_hides_that_of_a_loop_only_inside_it():
    result = made(
        WHOLE,
        {"op": "map", "field": "tags", "value": template("{{ item }}")},
        {"op": "set", "field": "outer", "value": template("{{ item }}")},
        {"op": "pick", "fields": ["tags", "outer"]},
    )

    assert result == {"tags": ["new", "paid", "new"], "outer": "outer"}


@pytest.mark.parametrize(
    ("source", "operation", "code", "words"),
    [
        (TAGS, {"op": "set", "field": "a", "value": {"value": 1}}, "wrong_type", "(set) needs an object"),
        (WHOLE, {"op": "sort"}, "wrong_type", "(sort) needs a list"),
        (WHOLE, {"op": "sort", "field": "id"}, "wrong_type", "in “id”"),
        (TAGS, {"op": "sum"}, "wrong_type", "item 1 is text"),
        (TAGS, {"op": "sort", "by": "x"}, "wrong_type", "of objects"),
        ({"value": [1, "a"]}, {"op": "sort"}, "wrong_type", "different kinds"),
        (
            TAGS,
            {"op": "map", "value": template("{{ item | plus: 1 }}")},
            "wrong_type",
            "{{ item | plus: 1 }}",
        ),
        (
            TAGS,
            {
                "op": "filter",
                "condition": {"left": template("{{ item }}"), "op": "above", "right": {"value": 1}},
            },
            None,
            "(filter) can't decide",
        ),
        ({"value": [0] * 10_001}, {"op": "count"}, "limit", "10,000"),
        (
            {"value": ["x" * 400_000] * 6},
            {"op": "map", "value": template("{{ item }}{{ item }}")},
            None,
            "(map)",
        ),
    ],
)
def test_an_error_names_the_operation(source, operation, code, words):
    with pytest.raises(TransformError) as caught:
        made(source, operation)

    assert caught.value.number == 1
    assert words in caught.value.message
    assert code in (None, caught.value.code)
    assert caught.value.remedy


def test_items_are_counted_over_all_operations():
    again = {"op": "map", "value": template("{{ item }}")}

    with pytest.raises(TransformError, match="Operation 3"):
        made({"value": [0] * 9_000}, again, again, again)


def test_a_template_that_can_not_be_read_is_told_when_compiling():
    with pytest.raises(TransformError, match=r"operation 1 \(set\)") as caught:
        compile_transform(step(None, {"op": "set", "field": "a", "value": template("{{ x | nope }}")}))

    assert caught.value.code == "unknown_filter"


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        ({"op": "set", "field": "", "value": {"value": 1}}, "field"),
        ({"op": "rename", "field": "a", "to": ""}, "to"),
        ({"op": "pick", "fields": []}, "fields"),
        ({"op": "remove", "fields": ["a", ""]}, "fields"),
        ({"op": "filter", "condition": {}}, "condition"),
        ({"op": "count", "to": "n"}, "to"),
    ],
)
def test_what_an_operation_lacks_is_told_before_publishing(operation, key):
    (problem,) = problems_of(step(TAGS, operation))

    assert (problem.index, problem.key.partition(".")[0]) == (0, key)
    assert problem.message
