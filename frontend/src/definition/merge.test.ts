import { describe, expect, test } from "vitest";
import { insert, move, remove, replaceStep } from "./edit";
import { changesBetween, merge } from "./merge";
import { action, choose, each, iff, workflow } from "./testing";
import type { Definition, Place, Step } from "./types";
import { branches, walk } from "./walk";

const ids = (definition: Definition) => [...walk(definition.steps)].map((step) => step.id);
const top = (index: number): Place => ({ parent: null, slot: "steps", index });
const rename = (draft: Definition, id: string, name: string) => replaceStep(draft, id, (step) => ({ ...step, name }));
const base = workflow(action("a", { x: { value: 1 }, y: { value: 1 } }), iff("b", [action("c")]), action("d"));

describe("without a conflict", () => {
  test("both additions are kept, each behind its neighbour", () => {
    const mine = insert(base, top(1), action("m"));
    const theirs = insert(base, top(3), action("t"));

    const { definition, conflicts } = merge(base, mine, theirs);

    expect(ids(definition)).toEqual(["a", "m", "b", "c", "d", "t"]);
    expect(conflicts).toEqual([]);
  });

  test("two fields of one step are joined", () => {
    const mine = rename(base, "a", "Mine");
    const theirs = replaceStep(base, "a", (step) => ({ ...step, inputs: { x: { value: 1 }, y: { value: 2 } } }) as Step);

    const { definition, conflicts } = merge(base, mine, theirs);

    expect(definition.steps[0]).toMatchObject({ name: "Mine", inputs: { x: { value: 1 }, y: { value: 2 } } });
    expect(conflicts).toEqual([]);
  });

  test("two inputs of one action are joined", () => {
    const input = (key: string) => replaceStep(base, "a", (step) => ({ ...step, inputs: { ...(step.kind === "action" ? step.inputs : {}), [key]: { value: 9 } } }) as Step);

    const { definition, conflicts } = merge(base, input("x"), input("y"));

    expect(definition.steps[0]).toMatchObject({ inputs: { x: { value: 9 }, y: { value: 9 } } });
    expect(conflicts).toEqual([]);
  });

  test("a removal holds where the other did not touch the step", () => {
    const { definition, conflicts } = merge(base, remove(base, "d")?.definition as Definition, rename(base, "a", "Theirs"));

    expect(ids(definition)).toEqual(["a", "b", "c"]);
    expect(definition.steps[0]?.name).toBe("Theirs");
    expect(conflicts).toEqual([]);
  });

  test("one moves a step that the other changes", () => {
    const mine = move(base, "d", { parent: "b", slot: "else", index: 0 }) as Definition;

    const { definition } = merge(base, mine, rename(base, "d", "Theirs"));

    expect(definition.steps[1]).toMatchObject({ else: [{ id: "d", name: "Theirs" }] });
  });
});

describe("with a conflict", () => {
  const mine = rename(base, "a", "Mine");
  const theirs = rename(base, "a", "Theirs");

  test("mine is taken and both are told", () => {
    const { definition, conflicts } = merge(base, mine, theirs);

    expect(definition.steps[0]?.name).toBe("Mine");
    expect(conflicts).toMatchObject([{ id: "a", kind: "changed", keys: ["name"], mine: { name: "Mine" }, theirs: { name: "Theirs" } }]);
  });

  test("a choice takes theirs", () => {
    expect(merge(base, mine, theirs, new Map([["a", "theirs"]])).definition.steps[0]?.name).toBe("Theirs");
  });

  test("what one removed and the other changed is asked", () => {
    const without = remove(base, "d")?.definition as Definition;
    const changed = rename(base, "d", "Kept?");

    const { definition, conflicts } = merge(base, without, changed);

    expect(conflicts).toMatchObject([{ id: "d", kind: "removed_by_me" }]);
    expect(ids(definition)).not.toContain("d");
    expect(ids(merge(base, without, changed, new Map([["d", "theirs"]])).definition)).toContain("d");
  });

  test("a branch that one removed stays for what the other put into it", () => {
    const start = workflow(choose("s", { x: [], y: [] }));
    const fewer = replaceStep(start, "s", (step) => (step.kind === "switch" ? { ...step, cases: step.cases.slice(0, 1) } : step));
    const filled = insert(start, { parent: "s", slot: "case:y", index: 0 }, action("n"));

    expect(ids(merge(start, fewer, filled).definition)).toContain("n");
    expect(ids(merge(start, filled, fewer).definition)).toContain("n");
    expect(ids(merge(start, remove(start, "s")?.definition as Definition, filled).definition)).toContain("n");
  });

  test("two moves into each other lose nothing", () => {
    const start = workflow(iff("a"), iff("b"));
    const one = move(start, "a", { parent: "b", slot: "then", index: 0 }) as Definition;
    const other = move(start, "b", { parent: "a", slot: "then", index: 0 }) as Definition;

    expect(ids(merge(start, one, other).definition).sort()).toEqual(["a", "b"]);
  });
});

test("what somebody did is told in words", () => {
  const changed = rename(insert(remove(base, "d")?.definition as Definition, top(0), action("n")), "b", "Big?");
  const moved = move(base, "d", { parent: "b", slot: "then", index: 0 }) as Definition;
  const turned = move(base, "d", top(0)) as Definition;

  expect(changesBetween(base, changed)).toEqual(["Removed “d”", "Added “n”", "Changed “Big?”"]);
  expect(changesBetween(base, moved)).toEqual(["Moved “d” to another branch"]);
  expect(changesBetween(base, turned)).toEqual(["Changed the order of steps"]);
  expect(changesBetween(base, base)).toEqual([]);
});

// A small generator of numbers, so that a failure can be seen again.
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function scramble(start: Definition, pick: (below: number) => number, tag: string): Definition {
  let draft = start;
  for (let turn = 0; turn < 6; turn++) {
    const steps = [...walk(draft.steps)];
    const places: Place[] = [top(pick(draft.steps.length + 1))];
    for (const step of steps) {
      for (const branch of branches(step)) places.push({ parent: step.id, slot: branch.slot, index: pick(branch.steps.length + 1) });
    }
    const place = places[pick(places.length)] as Place;
    const step = steps[pick(steps.length)];
    const act = pick(4);
    if (act === 0 || !step) draft = insert(draft, place, pick(2) ? action(`${tag}${turn}`) : iff(`${tag}${turn}`));
    else if (act === 1) draft = move(draft, step.id, place) ?? draft;
    else if (act === 2) draft = rename(draft, step.id, `${tag} ${turn}`);
    else draft = remove(draft, step.id)?.definition ?? draft;
  }
  return draft;
}

test("whatever two people do: each id stands once, nothing added is lost, and one's own edits survive alone", () => {
  const start = workflow(action("a"), iff("b", [action("c"), each("e", [action("f")])], [action("g")]), choose("s", { x: [action("h")], y: [] }), action("d"));
  for (let seed = 1; seed <= 60; seed++) {
    const pick = numbers(seed);
    const mine = scramble(start, pick, "m");
    const theirs = scramble(start, pick, "t");

    const merged = ids(merge(start, mine, theirs).definition);

    expect(new Set(merged).size, `seed ${seed}`).toBe(merged.length);
    for (const id of [...ids(mine), ...ids(theirs)]) {
      if (/^[mt]\d$/.test(id)) expect(merged, `seed ${seed}`).toContain(id);
    }
    expect(merge(start, mine, start).definition, `seed ${seed}`).toEqual(mine);
    expect(merge(start, start, theirs).definition, `seed ${seed}`).toEqual(theirs);
  }
});
