import { expect, test } from "vitest";
import { answersOf, byStep, costOf, outputsOf, sentence } from "./outcome";
import type { Result } from "./types";

const result = (path: string, more: Partial<Result> = {}): Result => ({
  path,
  id: path.split(".").at(-1) ?? path,
  index: null,
  name: path,
  kind: "action",
  outcome: "succeeded",
  branch: "",
  inputs: {},
  outputs: { found: path },
  sampled: false,
  requests: [],
  exchanges: [],
  conditions: [],
  error: null,
  ms: 1,
  ...more,
});

test("the items of a loop stand together", () => {
  expect(byStep([result("l[0].a"), result("l[1].a"), result("b")])["a"]).toHaveLength(2);
});

test("outputs are found by id, the first item's, and by path", () => {
  const outputs = outputsOf({}, [result("l[0].a"), result("l[1].a")]);

  expect(outputs["a"]).toEqual({ found: "l[0].a" });
  expect(outputs["l[1].a"]).toEqual({ found: "l[1].a" });
});

test("a step that failed forgets what an earlier test gave", () => {
  expect(outputsOf({ a: { found: "before" }, b: { found: "b" } }, [result("a", { outcome: "failed" })])).toEqual({
    b: { found: "b" },
  });
});

test("only what was really answered is kept with a case", () => {
  const steps = [result("read"), result("write", { sampled: true }), result("code", { kind: "code" })];

  expect(Object.keys(answersOf(steps))).toEqual(["read"]);
});

test("a test is told in one sentence", () => {
  const request = { method: "POST", url: "", headers: {}, body: "", key: "" };

  expect(sentence("succeeded", [result("a", { requests: [request] })], "dry")).toBe("1 step succeeded, 1 request would be sent.");
  expect(sentence("failed", [result("a"), result("b")], "dry")).toBe("The test failed after 2 steps.");
});

test("what was skipped has not succeeded, what was sent would not be sent, and a wait is no failure", () => {
  const request = { method: "POST", url: "", headers: {}, body: "", key: "" };
  const steps = [result("a", { requests: [request] }), result("b", { outcome: "skipped" })];

  expect(sentence("succeeded", steps, "real")).toBe("1 step succeeded, 1 skipped.");
  expect(sentence("cancelled", steps, "real")).toBe("The test was cancelled after 1 step, 1 skipped.");
  expect(sentence("waiting", steps, "real")).toBe("The test still runs: 1 step so far, 1 skipped.");
});

test("a model's answer tells what it cost", () => {
  expect(costOf(result("a", { outputs: { input_tokens: 12, output_tokens: 3, cost: 0.00021 } }))).toBe(
    "12 tokens in, 3 out, about $0.00021",
  );
  expect(costOf(result("a"))).toBe("");
});
