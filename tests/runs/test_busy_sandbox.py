"""Programs of one run leave room for others', and wait where there is none."""

import pytest

from apps.language.code import CodeError
from apps.language.code import run as run_code
from apps.workflows.engine.effects import Ran, RunCode
from apps.workflows.engine.executor import execute
from apps.workflows.engine.program import compile_program
from tests.runs.logic import code, for_each, track, workflow
from tests.workflows.engine.fakes import CATALOG, NOW, scope
from tests.workflows.engine.fakes import workflow as definition


def refusing(refusals):
    """Return the sandbox, which first refuses so often."""

    def run(*given, **facts):
        return refusals.pop() if refusals else run_code(*given, **facts)

    return run


@pytest.mark.parametrize("reason", ["code_busy", "code_unavailable"])
def test_a_program_without_room_waits_and_is_run_again(world, provider, work, monkeypatch, reason):
    refusals = [CodeError(reason, "8 programs are running.", "Again.")] * 2
    monkeypatch.setattr("apps.runs.coding.sandbox.run", refusing(refusals))
    run = world.start(workflow(world, code("return 7"), track(name="{{ steps.compute.output }}")))
    seen = []

    for _ in range(3):
        work()
        run.refresh_from_db()
        seen.append((run.status, run.reason_code))
        world.make_due()

    assert seen == [("waiting", reason), ("waiting", reason), ("succeeded", "")]
    assert provider.bodies[0]["name"] == "7"


def test_the_other_items_of_the_wave_go_on(world, provider, work, monkeypatch):
    refusals = [CodeError("code_busy", "8 programs are running.", "Again.")]
    monkeypatch.setattr("apps.runs.coding.sandbox.run", refusing(refusals))
    run = world.start(workflow(world, for_each(code("return 1"), concurrency=2)))

    work()
    run.refresh_from_db()
    first = (run.status, run.steps.filter(status="succeeded").count())
    world.make_due()
    work()

    run.refresh_from_db()
    assert first == ("waiting", 2)
    assert run.status == "succeeded"


def test_at_most_two_programs_of_one_run_are_under_way():
    inner = for_each(code("1"), concurrency=3, items=[1, 2, 3]) | {"id": "inner"}
    program = compile_program(definition(for_each(inner, concurrency=3)), catalog=CATALOG)
    execution, waves, answer = execute(program, scope(), {}, now=NOW), [], None

    while True:
        try:
            effect = execution.send(answer)
        except StopIteration:
            break
        answer = None
        if work := getattr(effect, "work", ()):
            waves.append(len(work))
            answer = tuple(_ran(piece) for piece in work)

    assert max(waves) == 2
    assert sum(waves) == 9


def _ran(piece):
    assert isinstance(piece, RunCode)
    return Ran(1)
