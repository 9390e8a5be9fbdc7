import { expect, test } from "vitest";

import { AI_PRESETS, LOGIC_NAMES, defaultStep, newOperation, type AiPreset, type LogicKind } from "./defaults";

const KINDS = Object.keys(LOGIC_NAMES) as LogicKind[];

test.each(KINDS)("a new %s step has its kind, its id and a name", (kind) => {
  const step = defaultStep(kind, "mine");

  expect(step).toMatchObject({ kind, id: "mine", disabled: false, note: "", on_error: null, retry: null });
  expect(step.name).not.toBe("");
});

test("the cases of a new switch have ids of their own", () => {
  const { cases } = defaultStep("switch", "route", { freshId: (base) => `${base}_x` });

  expect(cases.map(({ id }) => id)).toEqual(["case_1_x", "case_2_x"]);
});

test("ids made without help stay within forty characters", () => {
  const { cases } = defaultStep("switch", "a".repeat(40));

  expect(cases.map(({ id }) => id.length)).toEqual([40, 40]);
  expect(cases[0]?.id).not.toBe(cases[1]?.id);
});

test.each(Object.keys(AI_PRESETS) as AiPreset[])("an AI step can be started to %s", (preset) => {
  const step = defaultStep("ai", "think", { preset });

  expect(step.name).toBe(AI_PRESETS[preset].name);
  expect(step.output).toEqual(AI_PRESETS[preset].output);
  expect(step.output).not.toBe(AI_PRESETS[preset].output);
});

test("a name given wins", () => {
  expect(defaultStep("ai", "think", { preset: "write", name: "Answer" }).name).toBe("Answer");
});

test("a new operation to filter keeps what is not empty", () => {
  expect(newOperation("filter")).toMatchObject({ op: "filter" });
});
