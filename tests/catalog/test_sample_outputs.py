"""Every action has an example of each output: what previews and pages show where nothing is called."""

import json

import pytest

from apps.catalog import contract, registry


@pytest.mark.parametrize(
    "action", [action for _, action in registry.iter_actions()], ids=lambda action: action.key
)
def test_an_action_s_sample_is_whole_and_of_the_declared_types(action):
    sample = registry.sample_outputs(action)

    assert list(sample) == [field.key for field in action.outputs]
    assert all(contract.is_of_type(field, sample[field.key]) for field in action.outputs)
    json.dumps(sample)


@pytest.mark.parametrize(
    ("app", "trigger"),
    [
        pytest.param(app, trigger, id=registry.trigger_ref(app, trigger))
        for app, trigger in registry.iter_triggers()
    ],
)
def test_a_look_up_s_sample_is_its_action_s(app, trigger):
    for spec in trigger.enrich:
        sample = registry.sample_outputs(registry.get_action(f"{app.key}.{spec.action}")[1])
        assert sample["customer" if spec.key == "charge_details" else "email"]
