"""Templates: what they give, which paths they read, and how they fail."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language.errors import TemplateError
from apps.language.templates import parse

SCOPE: dict[str, Any] = {
    "trigger": {
        "email": "ada@example.com",
        "amount": 2000,
        "currency": "usd",
        "rate": 0.5,
        "livemode": False,
        "phone": None,
        "tags": ["new", "paid"],
        "metadata": {"plan name": "gold", "size": "XL"},
        "items": [{"id": "i_1", "amount": 1000}, {"id": "i_2", "amount": 2000}],
        "limit": 3,
        "plan": "gold",
        "prices": {"gold": 99},
    },
    "steps": {"find": {"name": "Ada"}},
}


def render(source: str, scope: dict[str, Any] | None = None) -> Any:
    return parse(source).render(SCOPE if scope is None else scope)


def failure(source: str, scope: dict[str, Any] | None = None) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        render(source, scope)
    return caught.value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ trigger.amount }}", 2000),
        ("{{ trigger.rate }}", 0.5),
        ("{{trigger.livemode}}", False),
        ("{{ trigger.phone }}", None),
        ("{{ trigger.nothing.at.all }}", None),
        ("{{ trigger.tags }}", ["new", "paid"]),
        ("{{ trigger.metadata }}", {"plan name": "gold", "size": "XL"}),
        ("{{ trigger.amount | divided_by: 100 }}", 20),
        ("{{ trigger.amount | divided_by: 3000 | round: 2 }}", 0.67),
        ("{{ true }}", True),
        ("{{ nil }}", None),
        ("{{- trigger.amount -}}", 2000),
    ],
)
def test_a_single_output_keeps_its_type(source: str, value: Any):
    rendered = render(source)

    assert rendered == value
    assert type(rendered) is type(value)
    assert parse(source).is_single


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (" {{ trigger.amount }}", " 2000"),
        ("{{ trigger.amount }}\n", "2000\n"),
        ("{{ trigger.amount }}{{ trigger.phone }}", "2000"),
        ("{{ trigger.livemode }} {{ trigger.rate }}", "false 0.5"),
        ("{{ trigger.tags }}!", '["new","paid"]!'),
        ("{{ 10 | divided_by: 4 }}.", "2.5."),
        ("{% if trigger.amount %}{{ trigger.amount }}{% endif %}", "2000"),
        ("{% comment %}x{% endcomment %}{{ trigger.amount }}", "2000"),
        ("{% raw %}{{ trigger.amount }}{% endraw %}", "{{ trigger.amount }}"),
        ("plain }} text %}", "plain }} text %}"),
        ("", ""),
        ("a\r\nb{{ trigger.phone }}\r", "a\r\nb\r"),
        ("{% capture x %}a\r\nb{% endcapture %}{{ x }}", "a\r\nb"),
    ],
)
def test_anything_else_is_text(source: str, text: str):
    assert render(source) == text
    assert not parse(source).is_single


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ trigger.items[1].id }}", "i_2"),
        ("{{ trigger.items[-1].id }}", "i_2"),
        ("{{ trigger.items[2].id }}", None),
        ("{{ trigger.items.first.id }}", "i_1"),
        ("{{ trigger.items.last.id }}", "i_2"),
        ("{{ trigger.items.size }}", 2),
        ("{{ trigger.email.size }}", 15),
        ("{{ trigger.metadata.size }}", "XL"),
        ("{{ trigger.prices.size }}", 1),
        ('{{ trigger.metadata["plan name"] }}', "gold"),
        ("{{ trigger.prices[trigger.plan] }}", 99),
        # Words of the language may still be names of fields.
        ("{{ trigger.limit }}", 3),
        ("{{ trigger.email | required }}", "ada@example.com"),
    ],
)
def test_a_path_reads_data(source: str, value: Any):
    assert render(source) == value


@pytest.mark.parametrize(
    "source",
    [
        "{{ trigger.__class__ }}",
        "{{ trigger['__class__']['__mro__'] }}",
        "{{ trigger.email.__class__ }}",
        "{{ trigger.email.upper }}",
        "{{ trigger.email[0] }}",
        "{{ trigger.tags.append }}",
        "{{ trigger.tags.__len__ }}",
        "{{ trigger.keys }}",
        "{{ trigger.amount.real }}",
        "{{ trigger.amount.__init__.__globals__ }}",
        "{{ now }}",
        "{{ today }}",
        "{{ self }}",
        "{{ env }}",
        "{{ context }}",
        "{{ forloop }}",
        "{{ empty }}",
        "{{ partial }}",
    ],
)
def test_nothing_but_data_can_be_read(source: str):
    assert render(source) is None


def test_a_loop_object_shows_its_own_few_fields_only():
    source = (
        "{% for item in trigger.items %}{{ forloop.index }}/{{ forloop.length }} {{ forloop.__class__ }}"
        "{{ forloop.it }}{{ forloop }}{% endfor %}"
    )

    assert render(source) == "1/2 2/2 "


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{% include 'secrets' %}",
        "{% render 'secrets' %}",
        "{% liquid echo trigger.email %}",
        "{% tablerow x in trigger.tags %}{% endtablerow %}",
        "{% increment x %}",
        "{% cycle 'a', 'b' %}",
        "{% echo trigger.email %}",
        "{% doc %}{% enddoc %}",
        "{% # comment %}",
        "{% import os %}",
        "{{ trigger.email | safe }}",
        "{{ [trigger.email] }}",
    ],
)
def test_what_is_not_ours_is_refused_before_it_runs(source: str):
    with pytest.raises(TemplateError):
        parse(source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% if trigger.amount >= 1000 and trigger.currency == 'usd' %}a{% else %}b{% endif %}", "a"),
        ("{% if trigger.phone %}a{% elsif trigger.rate < 1 %}b{% endif %}", "b"),
        ("{% unless trigger.livemode %}test{% endunless %}", "test"),
        ("{% if trigger.amount == 2000.0 %}a{% endif %}", "a"),
        ("{% if true == 1 %}a{% endif %}", ""),
        ("{% if trigger.phone == nil and trigger.phone == blank %}a{% endif %}", "a"),
        ("{% if trigger.tags contains 'paid' and trigger.email contains '@' %}a{% endif %}", "a"),
        ("{% if trigger.prices contains 'gold' %}a{% endif %}", "a"),
        ("{% if trigger.phone > 1 or trigger.phone <= 1 %}a{% endif %}", ""),
        ("{% case trigger.currency %}{% when 'eur' %}€{% when 'usd', 'usd' %}${% else %}?{% endcase %}", "$"),
        ("{% case trigger.phone %}{% when 'x' %}a{% else %}b{% endcase %}", "b"),
        ("{% for item in trigger.items %}{{ item.id }} {% endfor %}", "i_1 i_2 "),
        ("{% for item in trigger.items reversed %}{{ item.id }} {% endfor %}", "i_2 i_1 "),
        ("{% for item in trigger.items limit: 1 offset: 1 %}{{ item.id }}{% endfor %}", "i_2"),
        ("{% for i in (1..trigger.limit) %}{{ i }}{% endfor %}", "123"),
        ("{% for pair in trigger.prices %}{{ pair[0] }}={{ pair.last }}{% endfor %}", "gold=99"),
        ("{% for x in trigger.phone %}a{% else %}none{% endfor %}", "none"),
        ("{% assign a = trigger.amount | plus: 1 %}{{ a }}", "2001"),
        ("{% capture a %}<{{ trigger.plan }}>{% endcapture %}{{ a }}{{ a }}", "<gold><gold>"),
    ],
)
def test_tags_decide_and_repeat(source: str, text: str):
    assert render(source) == text


@pytest.mark.parametrize(
    "condition",
    [
        "trigger.amount >= '5'",
        "trigger.email < 5",
        "trigger.tags > 1",
        "trigger.amount contains 2",
        "true > 0",
    ],
)
def test_a_comparison_of_different_types_is_an_error_and_not_false(condition: str):
    error = failure("{% if " + condition + " %}x{% endif %}")

    assert error.code == "wrong_type"
    assert "can't" in error.message


@pytest.mark.parametrize(
    "loop",
    [
        "x in trigger.email",
        "x in trigger.amount",
        "x in ('a'..3)",
        "x in trigger.tags limit: 0",
        "x in (1..2) offset: -1",
    ],
)
def test_a_loop_over_what_is_no_list_is_an_error(loop: str):
    assert failure("{% for " + loop + " %}x{% endfor %}").code == "wrong_type"


@pytest.mark.parametrize(
    ("source", "code", "line", "column", "told"),
    [
        ("{{ trigger.email | upcse }}", "unknown_filter", 1, 20, "Did you mean “upcase”"),
        ("a\n  {{ trigger.x | bogus_filter }}", "unknown_filter", 2, 18, "(line 2, column 18)"),
        ("{% fro x in y %}{% endfor %}", "syntax", 1, 17, "closes nothing here"),
        ("{% fro x in y %}", "unknown_tag", 1, 4, "Did you mean “for”?"),
        ("hello {{ trigger.email", "syntax", 1, 7, "never closed with “}}”"),
        ("{% if trigger.x", "syntax", 1, 1, "never closed with “%}”"),
        ("a {% if trigger.x %} {{ b }}", "syntax", 1, 3, "never closed with {% endif %}"),
        ("{% for x in y %}{% if x %}{% endfor %}", "syntax", 1, 27, "“if” is still open"),
        ("{% endif %}", "syntax", 1, 1, "closes nothing"),
        ("{% else %}", "unknown_tag", 1, 4, "has no tag before it"),
        ("{% raw %}{{ x }}", "syntax", 1, 1, "{% endraw %}"),
        ("{{ }}", "syntax", 1, 1, "empty"),
        ("{{ a | }}", "syntax", 1, 7, "expected a name"),
        ("{{ a b }}", "syntax", 1, 6, "{{ a b }}"),
        ("{{ 'x }}", "syntax", 1, 4, "unexpected"),
        ("{% if a == %}{% endif %}", "syntax", 1, 11, "expected a value"),
        ("{% if a %}{% else if b %}{% endif %}", "syntax", 1, 19, "elsif"),
        ("{% case a %}{% when 'b' 'c' %}{% endcase %}", "syntax", 1, 25, "unexpected"),
        ("{{ 'a' | plus }}", "filter_arguments", 1, 10, "takes 1 argument, but got 0"),
        ("{{ 'a' | upcase: 1 }}", "filter_arguments", 1, 10, "takes no argument"),
        ("{{ 'a' | default: 1, allow_flase: true }}", "filter_arguments", 1, 10, "“allow_false”"),
        ("{% assign trigger = 1 %}", "reserved_name", 1, 11, "“trigger”"),
        ("{% for steps in trigger.x %}{% endfor %}", "reserved_name", 1, 8, "“steps”"),
        ("{{ (1..3) | join }}", "syntax", 1, 4, "for tag"),
        ("{{ " + "9" * 65 + " }}", "limit", 1, 4, "64 digits"),
    ],
)
def test_a_mistake_is_told_with_its_place(source: str, code: str, line: int, column: int, told: str):
    with pytest.raises(TemplateError) as caught:
        parse(source)

    error = caught.value
    assert (error.code, error.line, error.column) == (code, line, column)
    assert told in error.message


def test_a_failure_while_rendering_is_told_with_its_place_and_no_value_of_the_event():
    error = failure("Hi\n{{ trigger.email | plus: 1 }}")

    assert (error.code, error.line, error.column) == ("wrong_type", 2, 20)
    assert error.message == (
        "{{ trigger.email | plus: 1 }}: plus needs a number, but got text. Put “| number” before it. "
        "(line 2, column 20)"
    )
    assert "ada" not in str(error)


def test_a_required_value_that_is_missing_names_itself():
    error = failure("{{ trigger.phone | required }}")

    assert error.code == "required"
    assert "{{ trigger.phone | required }}" in error.message
    assert "Set a default" in error.message


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("no tags", ()),
        ("{{ trigger.email }} {{ trigger.email }}", (("trigger", "email"),)),
        ("{{ trigger.items[0].id }}", (("trigger", "items", 0, "id"),)),
        ('{{ trigger["plan name"] }}', (("trigger", "plan name"),)),
        ("{{ trigger.a | default: steps.x.b }}", (("trigger", "a"), ("steps", "x", "b"))),
        ("{{ trigger.prices[trigger.plan].x }}", (("trigger", "prices"), ("trigger", "plan"))),
        (
            "{% for i in trigger.items %}{{ i.id }}{{ forloop.index }}{% endfor %}{{ i.id }}",
            (("trigger", "items"), ("i", "id")),
        ),
        ("{% for i in (1..trigger.count) %}{{ i }}{% endfor %}", (("trigger", "count"),)),
        ("{% assign a = trigger.x %}{{ a.b }}", (("trigger", "x"),)),
        ("{{ a }}{% assign a = 1 %}{{ a }}", (("a",),)),
        ("{% capture a %}{{ trigger.x }}{% endcapture %}{{ a }}", (("trigger", "x"),)),
        (
            "{% if trigger.a == trigger.b and trigger.c %}{{ trigger.d }}{% elsif trigger.e %}{% endif %}",
            tuple(("trigger", name) for name in "abcde"),
        ),
        (
            "{% case trigger.a %}{% when trigger.b, trigger.c %}{{ trigger.d }}{% else %}x{% endcase %}",
            tuple(("trigger", name) for name in "abcd"),
        ),
        ("{% unless trigger.a %}{{ trigger.b }}{% endunless %}", (("trigger", "a"), ("trigger", "b"))),
        ("{% comment %}{{ trigger.a }}{% endcomment %}{% raw %}{{ trigger.b }}{% endraw %}", ()),
        ("{{ run.id }}", (("run", "id"),)),
    ],
)
def test_the_paths_that_a_template_reads_are_told_without_running_it(source: str, paths: tuple[Any, ...]):
    found = parse(source).paths

    assert set(found) == set(paths)
    assert len(found) == len(paths)


@pytest.mark.parametrize(
    ("source", "guarded"),
    [
        ("{{ trigger.a }}", False),
        ("{{ trigger.a | default: 'x' }}", True),
        ("{{ trigger.a | downcase | default: 'x' }}", True),
        ("{{ trigger.a | plus: 1 | default: 0 }}", False),
        ("{{ trigger.a | required | default: 0 }}", False),
        ("{{ 'x' | default: trigger.a }}", False),
        ("{% if trigger.a %}x{% endif %}", False),
    ],
)
def test_a_path_with_a_default_is_guarded(source: str, *, guarded: bool):
    (use,) = parse(source).uses

    assert use.guarded is guarded


def test_each_use_of_a_path_has_its_place():
    uses = parse("{{ trigger.a }}\n {{ trigger.b | default: trigger.a }}").uses

    assert [(use.path[1], use.line, use.column) for use in uses] == [("a", 1, 4), ("b", 2, 5), ("a", 2, 26)]


def test_a_template_is_parsed_once():
    assert parse("{{ trigger.same }}") is parse("{{ trigger.same }}")


def test_one_rendering_leaves_nothing_for_the_next():
    template = parse("{% if trigger.set %}{% assign x = 'old' %}{% endif %}{{ x }}")

    assert template.render({"trigger": {"set": True}}) == "old"
    assert template.render({"trigger": {}}) == ""


def test_a_template_renders_in_many_threads_at_once():
    template = parse(
        "{% assign x = trigger.n %}{% for i in (1..50) %}{% assign x = x | plus: 1 %}{% endfor %}{{ x }}"
    )

    with ThreadPoolExecutor(8) as pool:
        rendered = list(pool.map(lambda n: template.render({"trigger": {"n": n}}), range(200)))

    assert rendered == [str(n + 50) for n in range(200)]


def test_data_is_not_changed_by_filters():
    scope = {"trigger": {"tags": ["b", "a"]}}

    assert render("{{ trigger.tags | sort | concat: trigger.tags | reverse }}", scope) == ["a", "b", "b", "a"]
    assert scope == {"trigger": {"tags": ["b", "a"]}}


@given(st.text(max_size=60))
def test_text_without_braces_is_itself_and_any_text_renders_or_is_refused(source: str):
    try:
        rendered = render(source, {})
    except TemplateError:
        return
    if "{" not in source:
        assert rendered == source


pieces = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            " ",
            "\n",
            "-",
            "|",
            ":",
            ",",
            "=",
            ".a",
            "[0]",
            "(",
            "..",
            ")",
            "'",
            '"',
            "1",
        ),
        *("if", "endif", "for x in y", "endfor", "case", "when", "assign", "raw", "endraw", "comment"),
        *("endcomment", "trigger", "plus"),
    ]
)


@given(st.lists(pieces, max_size=25).map("".join))
def test_any_heap_of_pieces_renders_or_is_refused_with_a_template_error(source: str):
    try:
        render(source)
    except TemplateError as error:
        assert error.message  # noqa: PT017 - any other exception fails the test
