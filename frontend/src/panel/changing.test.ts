import { describe, expect, it } from "vitest";

import type { ActionStep, Definition } from "../definition/types";
import { withAction, withInput, withTrigger } from "./changing";

const STEP: ActionStep = {
  id: "tell",
  kind: "action",
  name: "Create customer",
  disabled: false,
  note: "",
  on_error: null,
  retry: null,
  timeout: null,
  action: "stripe.create-customer",
  connection: "c1",
  inputs: { email: { template: "{{ trigger.email }}" }, mode: { value: "a" }, data: { object: {} } },
  run_if: null,
  confirmed: true,
};

const field = (key: string, part = {}) => ({ key, label: key, type: "text" as const, ...part });

describe("another action", () => {
  const action = {
    ref: "stripe.update-customer",
    name: "Update customer",
    app: "stripe",
    inputs: [field("email"), field("mode", { choices: [{ value: "b", label: "B" }] }), field("data")],
  };

  it("keeps what fits, and is confirmed anew", () => {
    const next = withAction(STEP, action, { name: "Create customer", app: "stripe" });
    expect(next.inputs).toEqual({ email: STEP.inputs["email"] });
    expect(next).toMatchObject({ connection: "c1", name: "Update customer", confirmed: false });
  });

  it("drops the connection of another app, and keeps a name of one's own", () => {
    const next = withAction({ ...STEP, name: "Mine" }, { ...action, app: "slack" }, { name: "Create customer", app: "stripe" });
    expect(next).toMatchObject({ connection: "", name: "Mine" });
  });

  it("puts no template into a field that takes none", () => {
    const literal = { ...action, inputs: [field("email", { literal: true })] };
    expect(withAction(STEP, literal, null).inputs).toEqual({});
  });
});

describe("an input", () => {
  it("is filled in its place, and emptied", () => {
    const filled = withInput(STEP, "email", { value: "x" });
    expect(Object.keys(filled.inputs)).toEqual(["email", "mode", "data"]);
    expect(withInput(STEP, "email", null).inputs).not.toHaveProperty("email");
  });
});

describe("another trigger", () => {
  it("keeps the connection of the same app alone", () => {
    const draft: Definition = {
      schema: 1,
      trigger: { id: "trigger", trigger: "stripe.a", connection: "c1", options: { x: 1 } },
      steps: [],
      notes: "",
    };
    expect(withTrigger(draft, "stripe.b", true).trigger).toMatchObject({ trigger: "stripe.b", connection: "c1", options: {} });
    expect(withTrigger(draft, "slack.b", false).trigger.connection).toBe("");
  });
});
