import { expect, test } from "vitest";
import { addErrorBranch, insert, move } from "../definition/edit";
import { action, choose, filter, iff, workflow } from "../definition/testing";
import { locate } from "../definition/walk";
import type { Step } from "../definition/types";
import { describeStep, go, placeAfter, placeMoved, spots, type Standing, standings } from "./nav";

const draft = workflow(filter("f"), choose("s", { x: [action("a"), action("b")], y: [] }, [action("c")]), action("z"));
const path = (from: string, ...keys: string[]) => keys.reduce((spot, key) => go(draft, spot, key) ?? spot, from);

test("down goes into the first branch, through it, and out behind it", () => {
  expect(path("trigger", "ArrowDown", "ArrowDown")).toBe("s");
  expect(path("s", "ArrowDown", "ArrowDown", "ArrowDown")).toBe("z");
  expect(go(draft, "z", "ArrowDown")).toBeNull();
});

test("right and left go from branch to branch, empty ones included", () => {
  expect(path("b", "ArrowRight")).toBe("s/case:y");
  expect(path("b", "ArrowRight", "ArrowRight")).toBe("c");
  expect(path("c", "ArrowLeft", "ArrowLeft")).toBe("a");
  expect(path("s/case:y", "ArrowUp")).toBe("s");
  expect(path("s/case:y", "ArrowDown")).toBe("z");
});

test("right goes into an error branch and left out of it", () => {
  const failing = insert(addErrorBranch(draft, "z"), { parent: "z", slot: "on_error", index: 0 }, action("e"));

  expect(go(failing, "z", "ArrowRight")).toBe("e");
  expect(go(failing, "e", "ArrowLeft")).toBe("z");
});

test("every spot is reached by arrows from the trigger", () => {
  const nested = addErrorBranch(workflow(iff("i", [choose("s", { x: [], y: [action("a")] })], [iff("j")]), action("z")), "a");
  const reached = new Set<string>(["trigger"]);
  for (const spot of reached) {
    for (const key of ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"]) {
      const next = go(nested, spot, key);
      if (next) reached.add(next);
    }
  }

  expect([...reached].sort()).toEqual(spots(nested).sort());
});

test("a new step goes behind the spot or into the empty branch", () => {
  expect(placeAfter(draft, "trigger")).toEqual({ parent: null, slot: "steps", index: 0 });
  expect(placeAfter(draft, "a")).toEqual({ parent: "s", slot: "case:x", index: 1 });
  expect(placeAfter(draft, "s/case:y")).toEqual({ parent: "s", slot: "case:y", index: 0 });
});

test("Alt and arrows move past neighbours, out of branches and into those beside", () => {
  const moved = (id: string, key: string) => {
    const place = placeMoved(draft, id, key);
    const next = place && move(draft, id, place);
    return next && locate(next, id)?.place;
  };

  expect(moved("f", "ArrowDown")).toEqual({ parent: null, slot: "steps", index: 1 });
  expect(moved("a", "ArrowUp")).toEqual({ parent: null, slot: "steps", index: 1 });
  expect(moved("b", "ArrowDown")).toEqual({ parent: null, slot: "steps", index: 2 });
  expect(moved("a", "ArrowRight")).toEqual({ parent: "s", slot: "case:y", index: 0 });
  expect(moved("z", "ArrowRight")).toEqual({ parent: "s", slot: "case:x", index: 2 });
  expect(placeMoved(draft, "f", "ArrowUp")).toBeNull();
});

test("a step is read out with where it stands", () => {
  const words = { what: () => "Track event", summary: () => "Name: paid", problems: () => 1 };

  const b = locate(draft, "b")?.step as Step;
  const at = standings(draft).get("b") as Standing;

  expect(describeStep(b, at, words)).toBe("Step 4 of 6, Track event, b, Name: paid, inside s, case x, 1 problem");
});
