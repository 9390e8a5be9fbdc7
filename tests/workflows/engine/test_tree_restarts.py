"""A tree of steps stopped at any yield ends as if nothing had stopped it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.workflows.engine.definition import parse
from apps.workflows.engine.program import compile_program
from apps.workflows.engine.validation import validate
from tests.workflows.engine.fakes import CATALOG, CONNECTIONS
from tests.workflows.engine.trees import World, trees

CRASHES = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=12)
AMOUNTS = st.sampled_from([500, 4900])


@settings(max_examples=250, deadline=None)
@given(definition=trees(), amount=AMOUNTS, crashes=CRASHES)
def test_stopped_at_any_yield_it_does_and_records_the_same(definition, amount, crashes):
    calm = World(definition, amount)
    stopped = World(definition, amount, crashes)

    assert calm.run() == stopped.run()
    assert calm.records == stopped.records
    assert calm.keys == stopped.keys
    assert calm.keys <= set(calm.done)
    changed = {key: count for key, count in stopped.done.items() if key in stopped.keys}
    assert set(changed.values()) <= {1}


@settings(max_examples=100, deadline=None)
@given(definition=trees(), amount=AMOUNTS)
def test_every_call_has_a_key_of_its_own(definition, amount):
    world = World(definition, amount)

    world.run()

    assert len({path for path, _ in world.keys}) == len(world.keys) == len({key for _, key in world.keys})


@settings(max_examples=100, deadline=None)
@given(definition=trees(most=30))
def test_positions_count_the_whole_tree_in_order(definition):
    program = compile_program(definition, catalog=CATALOG)

    assert [(step.position, step.path) for step in program.walk()] == list(
        enumerate((step.id for step in definition.walk()), start=1)
    )


@settings(max_examples=100, deadline=None)
@given(definition=trees(most=30))
def test_every_tree_is_read_back_unchanged_and_is_sound(definition):
    assert parse(definition.to_json()) == definition
    assert [
        problem
        for problem in validate(definition, connections=CONNECTIONS, catalog=CATALOG)
        if problem.code not in ("no_steps", "required")
    ] == []
