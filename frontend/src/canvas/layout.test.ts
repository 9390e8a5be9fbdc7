import { describe, expect, test } from "vitest";
import { addErrorBranch, insert } from "../definition/edit";
import { action, choose, each, filter, iff, workflow } from "../definition/testing";
import type { Definition, Step } from "../definition/types";
import { CARD, layout, type Layout, type PlacedCard } from "./layout";

const card = (drawn: Layout, id: string) => drawn.cards.find((one) => one.id === id) as PlacedCard;
const overlap = (one: PlacedCard, other: PlacedCard) =>
  Math.abs(one.x - other.x) < CARD.width && Math.abs(one.y - other.y) < CARD.height;

function expectApart(drawn: Layout): void {
  const wrong: string[] = [];
  for (const [index, one] of drawn.cards.entries()) {
    for (const other of drawn.cards.slice(index + 1)) if (overlap(one, other)) wrong.push(`${one.id} on ${other.id}`);
    const inside = one.x >= 0 && one.x + CARD.width <= drawn.width && one.y + CARD.height <= drawn.height;
    if (!inside) wrong.push(`${one.id} outside`);
  }
  expect(wrong).toEqual([]);
}

const everything = addErrorBranch(
  workflow(
    filter("f"),
    choose("s", { x: [action("a"), iff("i", [action("b")], [each("l", [action("c"), choose("s2", { y: [action("d")] })])])], y: [] }, [action("e")]),
    action("last"),
  ),
  "a",
);

test("steps of one sequence stand below each other on one axis", () => {
  const drawn = layout(workflow(action("a"), action("b")));

  expect(card(drawn, "trigger").x).toBe(card(drawn, "a").x);
  expect(card(drawn, "a").x).toBe(card(drawn, "b").x);
  expect(card(drawn, "b").y).toBeGreaterThan(card(drawn, "a").y + CARD.height);
});

test("branches stand side by side, and what is behind them below all of them", () => {
  const drawn = layout(workflow(choose("s", { x: [action("a")], y: [action("b"), action("c")] }, [action("d")]), action("z")));

  expect(card(drawn, "a").y).toBe(card(drawn, "b").y);
  expect(card(drawn, "a").x).toBeLessThan(card(drawn, "b").x);
  expect(card(drawn, "b").x).toBeLessThan(card(drawn, "d").x);
  expect(card(drawn, "z").y).toBeGreaterThan(card(drawn, "c").y);
  expect(card(drawn, "z").x).toBe(card(drawn, "s").x);
});

test("an error branch stands at the right of its step, in a box of its own", () => {
  const draft = insert(addErrorBranch(workflow(action("a"), action("b")), "a"), { parent: "a", slot: "on_error", index: 0 }, action("e"));

  const drawn = layout(draft);

  expect(card(drawn, "e").x).toBeGreaterThan(card(drawn, "a").x + CARD.width);
  expect(card(drawn, "e").inError).toBe(true);
  expect(card(drawn, "b").y).toBeGreaterThan(card(drawn, "e").y + CARD.height);
  const box = drawn.boxes.find((one) => one.look === "error");
  expect(box && box.x < card(drawn, "e").x && box.x > card(drawn, "a").x + CARD.width).toBe(true);
});

test("a loop's body stands in its box", () => {
  const drawn = layout(workflow(each("l", [action("a"), iff("i", [action("b")])]), action("z")));

  const [box] = drawn.boxes;

  for (const id of ["a", "i", "b"]) {
    const one = card(drawn, id);
    expect(box && one.x > box.x && one.x + CARD.width < box.x + box.width).toBe(true);
    expect(box && one.y > box.y && one.y + CARD.height < box.y + box.height).toBe(true);
  }
  expect(box && card(drawn, "z").y > box.y + box.height).toBe(true);
});

describe("whatever the workflow", () => {
  test("no two cards overlap and none stands outside", () => {
    expectApart(layout(workflow()));
    expectApart(layout(everything));
  });

  test("there is a place for a step before, between and behind all others, and in every empty branch", () => {
    const drawn = layout(everything);

    const places = drawn.pluses.map((plus) => JSON.stringify(plus.place));
    expect(new Set(places).size).toBe(places.length);
    // One more than its steps for each sequence: 11 steps in 10 sequences.
    expect(places).toHaveLength(11 + 10);
    expect(drawn.pluses.filter((plus) => plus.empty)).toHaveLength(3);
  });

  test("two hundred steps are laid out in a blink", () => {
    const steps: Step[] = Array.from({ length: 20 }, (_, index) =>
      choose(`s${index}`, { x: [action(`a${index}`), iff(`i${index}`, [action(`b${index}`)], [action(`c${index}`)])], y: [action(`d${index}`), each(`l${index}`, [action(`e${index}`)])] }, [action(`f${index}`), action(`g${index}`)]),
    );
    const draft: Definition = workflow(...steps);
    layout(draft);

    const start = performance.now();
    const drawn = layout(draft);
    const took = performance.now() - start;

    expect(drawn.cards).toHaveLength(201);
    expectApart(drawn);
    expect(took).toBeLessThan(40);
  });
});

test("behind a stop nothing goes on, unless it is disabled", () => {
  const stop = (disabled: boolean): Step => ({ ...action("x"), kind: "stop", outcome: "succeeded", message: null, disabled }) as unknown as Step;

  expect(layout(workflow(stop(false))).ends).toEqual([]);
  expect(layout(workflow(stop(true))).ends).toHaveLength(1);
  expect(layout(workflow(iff("i", [stop(false)], []))).ends).toHaveLength(1);
});
