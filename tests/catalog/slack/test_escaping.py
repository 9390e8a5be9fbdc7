"""What an event puts into a message is escaped by the engine; the operator's own words are not."""

from apps.catalog.connectors.slack import APP
from apps.workflows.engine.definition import ActionStep, TemplateMapping, ValueMapping
from apps.workflows.engine.inputs import resolve_inputs
from apps.workflows.engine.mapped import compile_mapping
from apps.workflows.engine.program import CompiledAction

NASTY = "<!channel> <https://evil.example.com|your bank> & co"


def text_of(mapping):
    action = APP.action("send-message")
    assert action is not None
    step = ActionStep(id="tell", name="Tell the team", action="slack.send-message")
    compiled = CompiledAction(step=step, position=1, inputs={"text": compile_mapping(mapping)})
    return resolve_inputs(compiled, action, {"trigger": {"name": NASTY}})["text"]


def test_an_events_value_can_not_mention_the_channel():
    text = text_of(TemplateMapping(template="<!here> *{{ trigger.name }}* has paid"))

    assert text.startswith("<!here> *&lt;!channel&gt; &lt;https://evil.example.com|your bank&gt; &amp; co*")


def test_a_value_alone_is_escaped_too():
    assert "<" not in text_of(TemplateMapping(template="{{ trigger.name }}"))


def test_the_operators_own_text_stays():
    assert text_of(ValueMapping(value="<!here> & <https://example.com|there>")) == (
        "<!here> & <https://example.com|there>"
    )
