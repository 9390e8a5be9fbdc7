import { expect, test } from "vitest";
import type { StepResult } from "../api/types";
import { addErrorBranch } from "../definition/edit";
import { action, choose, each, iff, workflow } from "../definition/testing";
import type { Step } from "../definition/types";
import { slotsTaken } from "./taken";

const result = (outputs: object, outcome: StepResult["outcome"] = "succeeded") => ({ outcome, outputs }) as unknown as StepResult;
const taken = (step: Step, ...results: StepResult[]) => [...slotsTaken(step, results)];

test("a decision leads into one branch, and in a loop into as many as its items took", () => {
  expect(taken(iff("i"), result({ result: false }))).toEqual(["else"]);
  expect(taken(choose("s", { x: [] }), result({ case: "X", case_id: "x" }))).toEqual(["case:x"]);
  expect(taken(choose("s", { x: [] }), result({ case: "default", case_id: "default" }))).toEqual(["default"]);
  expect(taken(iff("i"), result({ result: true }), result({ result: false }))).toEqual(["then", "else"]);
});

test("a loop without items and a step that was not reached lead nowhere", () => {
  expect(taken(each("l"), result({ count: 0 }))).toEqual([]);
  expect(taken(each("l"), result({ count: 2 }))).toEqual(["steps"]);
  expect(taken(iff("i"), result({ result: null }, "skipped"))).toEqual([]);
  expect(taken(iff("i"))).toEqual([]);
});

test("a failed step leads into its error branch, where it has one", () => {
  const failing = addErrorBranch(workflow(action("a")), "a").steps[0] as Step;

  expect(taken(failing, result({}, "failed"))).toEqual(["on_error"]);
  expect(taken(action("a"), result({}, "failed"))).toEqual([]);
});
