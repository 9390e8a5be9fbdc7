"""What templates fill in is escaped for its reader; what the operator wrote is not."""

import pytest

from apps.language import templates
from apps.workflows.engine.mapped import Fixed, Rows, resolve

SCOPE = {"trigger": {"name": "<a & b>", "amount": 5}}


def slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<!here> *{{ trigger.name }}*", "<!here> *&lt;a &amp; b&gt;*"),
        ("{{ trigger.name }}", "&lt;a &amp; b&gt;"),
        ("{% if trigger.name == '<a & b>' %}<{{ trigger.name | upcase }}>{% endif %}", "<&lt;A &amp; B&gt;>"),
        ("{% capture it %}{{ trigger.name }}{% endcapture %}{{ it }}!", "&lt;a &amp; b&gt;!"),
        ("{% assign it = trigger.name %}{{ it }}!", "&lt;a &amp; b&gt;!"),
    ],
)
def test_each_filled_text_is_escaped_once(source, text):
    assert templates.parse(source).render(SCOPE, escape=slack) == text


def test_a_value_keeps_its_type():
    assert templates.parse("{{ trigger.amount }}").render(SCOPE, escape=slack) == 5


def test_without_a_reader_nothing_is_escaped():
    assert templates.parse("<{{ trigger.name }}>").render(SCOPE) == "<<a & b>>"


def test_a_fixed_value_is_the_operators_own():
    assert resolve(Fixed("<!here> & you"), SCOPE, escape=slack) == "<!here> & you"
    assert resolve(Rows({"a": Fixed("<b>")}), SCOPE, escape=slack) == {"a": "<b>"}
