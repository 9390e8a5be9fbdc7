import { describe, expect, test } from "vitest";
import { fromClipboard, paste, toClipboard } from "./clipboard";
import { addErrorBranch, copies, duplicate, freshId, insert, move, refusal, remove, sequence } from "./edit";
import { mentioned, referringTo, renameInTemplate } from "./references";
import { action, choose, each, filter, iff, workflow } from "./testing";
import type { Definition, Step } from "./types";
import { locate, walk } from "./walk";

const ids = (definition: Definition) => [...walk(definition.steps)].map((step) => step.id);
const wait = (id: string): Step => ({
  ...filter(id),
  kind: "wait_webhook",
  deadline: { amount: 1, unit: "days" },
  on_timeout: "continue",
}) as unknown as Step;

describe("places", () => {
  const draft = workflow(action("a"), iff("b", [action("c")], [each("d", [action("e")])]), choose("s", { x: [action("f")] }, [action("g")]));

  test("a step is found with its place and all around it", () => {
    const found = locate(draft, "e");

    expect(found?.place).toEqual({ parent: "d", slot: "steps", index: 0 });
    expect(found?.ancestors.map((step) => step.id)).toEqual(["b", "d"]);
  });

  test("steps go into every kind of sequence", () => {
    for (const [parent, slot] of [[null, "steps"], ["b", "then"], ["b", "else"], ["d", "steps"], ["s", "case:x"], ["s", "default"]] as const) {
      const next = insert(draft, { parent, slot, index: 0 }, action("new"));

      expect(locate(next, "new")?.place).toEqual({ parent, slot, index: 0 });
      expect(ids(next)).toHaveLength(ids(draft).length + 1);
    }
  });

  test("what is beside a change is the same object as before", () => {
    const next = insert(draft, { parent: "b", slot: "then", index: 0 }, action("new"));

    expect(next.steps[0]).toBe(draft.steps[0]);
    expect(next.steps[2]).toBe(draft.steps[2]);
    expect(next.steps[1]).not.toBe(draft.steps[1]);
  });
});

describe("moving", () => {
  const draft = workflow(action("a"), action("b"), iff("c", [action("d")]));

  test("down in its own sequence it counts places as they are now", () => {
    expect(ids(move(draft, "a", { parent: null, slot: "steps", index: 2 }) as Definition)).toEqual(["b", "a", "c", "d"]);
  });

  test("to where it stands nothing changes", () => {
    expect(move(draft, "b", { parent: null, slot: "steps", index: 1 })).toBe(draft);
    expect(move(draft, "b", { parent: null, slot: "steps", index: 2 })).toBe(draft);
  });

  test("into a branch and out again", () => {
    const within = move(draft, "a", { parent: "c", slot: "else", index: 0 }) as Definition;

    expect(locate(within, "a")?.place).toEqual({ parent: "c", slot: "else", index: 0 });
    expect(ids(move(within, "a", { parent: null, slot: "steps", index: 0 }) as Definition)).toEqual(ids(draft));
  });

  test("never into itself", () => {
    expect(move(draft, "c", { parent: "c", slot: "then", index: 0 })).toBeNull();
    expect(move(draft, "c", { parent: "c", slot: "else", index: 0 })).toBeNull();
  });

  test("never where the limits forbid it", () => {
    const looped = workflow(wait("w"), each("l"));

    expect(move(looped, "w", { parent: "l", slot: "steps", index: 0 })).toBeNull();
    expect(refusal(looped, [wait("v")], { parent: "l", slot: "steps", index: 0 })).toContain("For each");
  });

  test("a wait may stand in the error branch of a loop, which is not its body", () => {
    const looped = addErrorBranch(workflow(each("l")), "l");

    expect(refusal(looped, [wait("w")], { parent: "l", slot: "on_error", index: 0 })).toBeNull();
  });

  test("a tree has at most eight levels", () => {
    let deep: Step = action("leaf");
    for (let level = 7; level >= 1; level--) deep = iff(`i${level}`, [deep]);
    const draft = workflow(deep);

    expect(refusal(workflow(), [deep], { parent: null, slot: "steps", index: 0 })).toBeNull();
    expect(refusal(draft, [iff("more", [action("x")])], { parent: "i7", slot: "then", index: 0 })).toContain("8 levels");
  });
});

describe("copies", () => {
  test("have ids of their own and refer to each other", () => {
    const draft = workflow(
      action("before"),
      iff("a", [action("b"), action("c", { to: { template: "{{ steps.b.id }} {{ steps.before.id | default: steps['b'].x }}" } })]),
    );

    const result = duplicate(draft, "a");

    expect(result?.id).toBe("a_2");
    expect(ids(result?.definition as Definition)).toEqual(["before", "a", "b", "c", "a_2", "b_2", "c_2"]);
    const copy = locate(result?.definition as Definition, "c_2")?.step;
    expect(copy?.kind === "action" && copy.inputs["to"]).toEqual({
      template: "{{ steps.b_2.id }} {{ steps.before.id | default: steps['b_2'].x }}",
    });
  });

  test("leave fixed values and texts outside of tags as they are", () => {
    const draft = workflow(action("a"), action("b", { v: { value: { template: "{{ steps.a.x }}" } }, t: { template: "steps.a {{ steps.a.x }}" } }));

    const [, b] = copies(draft, draft.steps);

    expect(b?.kind === "action" && b.inputs).toEqual({
      v: { value: { template: "{{ steps.a.x }}" } },
      t: { template: "steps.a {{ steps.a_2.x }}" },
    });
  });

  test("give cases ids of their own", () => {
    const draft = workflow(choose("s", { x: [action("a")] }));

    const copy = locate(duplicate(draft, "s")?.definition as Definition, "s_2")?.step;

    expect(copy?.kind === "switch" && copy.cases.map((one) => one.id)).toEqual(["x_2"]);
  });

  test("fresh ids fit the pattern whatever the words", () => {
    for (const words of ["Track event", "123 !!", "Ärger", "名前", "a".repeat(90), "_x_"]) {
      expect(freshId(words, new Set())).toMatch(/^[a-z][a-z0-9_]{0,39}$/);
    }
    expect(freshId("Track event", new Set(["track_event", "track_event_2"]))).toBe("track_event_3");
  });
});

describe("references", () => {
  test("longer names are others", () => {
    const template = "{{ steps.ab.x }}{{ steps.a.x }}{{ mysteps.a.x }}{{ trigger.steps.a }}{{ run.wait_urls.a }}";

    expect(renameInTemplate(template, new Map([["a", "z"]]))).toBe(
      "{{ steps.ab.x }}{{ steps.z.x }}{{ mysteps.a.x }}{{ trigger.steps.a }}{{ run.wait_urls.z }}",
    );
  });

  test("a step mentions what its own settings mention, not what its branches do", () => {
    expect(mentioned(iff("i", [action("a", { x: { template: "{{ steps.b.x }}" } })]))).toEqual(new Set());
    expect(mentioned(filter("f", "{{ steps.b.x }}"))).toEqual(new Set(["b"]));
  });

  test("removing tells who referred to what is gone", () => {
    const draft = workflow(iff("i", [action("a")]), filter("f", "{{ steps.a.x }}"), filter("g"));

    const result = remove(draft, "i");

    expect(result?.removed.map((step) => step.id)).toEqual(["i", "a"]);
    expect(result?.referring.map((step) => step.id)).toEqual(["f"]);
    expect(referringTo(draft, new Set(["g"]))).toEqual([]);
  });
});

describe("the clipboard", () => {
  test("brings steps to another workflow, and tells which connections are foreign there", () => {
    const steps = fromClipboard(toClipboard([action("a"), action("b", {}, { connection: "own" })]));
    if (typeof steps === "string") throw new Error(steps);

    const pasted = paste(workflow(action("a")), { parent: null, slot: "steps", index: 1 }, steps, new Set(["own"]));

    if (typeof pasted === "string") throw new Error(pasted);
    expect(ids(pasted.definition)).toEqual(["a", "a_2", "b"]);
    expect(pasted.foreign.map((step) => step.id)).toEqual(["a_2"]);
  });

  test.each(["", "hello", "[]", '{"tandem":"steps","schema":1,"steps":[]}', '{"tandem":"steps","schema":1,"steps":[{"kind":"if","id":"a","name":"A"}]}', '{"tandem":"steps","schema":1,"steps":[{"kind":"filter","id":"A b","name":"A"}]}'])(
    "refuses %j in words",
    (text) => expect(typeof fromClipboard(text)).toBe("string"),
  );

  test("refuses what would be too much", () => {
    const many = Array.from({ length: 200 }, (_, index) => action(`s${index}`));

    expect(paste(workflow(...many), { parent: null, slot: "steps", index: 0 }, [action("x")], new Set())).toContain("200");
  });
});

test("an error branch keeps what is in it", () => {
  const once = addErrorBranch(workflow(action("a")), "a");
  const filled = insert(once, { parent: "a", slot: "on_error", index: 0 }, action("b"));

  expect(addErrorBranch(filled, "a")).toBe(filled);
  expect(sequence(filled, "a", "on_error")?.map((step) => step.id)).toEqual(["b"]);
});
