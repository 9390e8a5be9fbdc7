import type { Definition, Step } from "./types";

/** Add what an older or a hand-written step leaves out. */
export function complete(step: Step): Step {
  const whole = { ...{ disabled: false, note: "", on_error: null, retry: null, timeout: null }, ...step } as Step;
  if (whole.on_error) whole.on_error = { ...whole.on_error, steps: whole.on_error.steps.map(complete) };
  if (whole.kind === "if") return { ...whole, then: whole.then.map(complete), else: whole.else.map(complete) };
  if (whole.kind === "for_each") return { ...whole, steps: whole.steps.map(complete) };
  if (whole.kind === "switch") {
    const cases = whole.cases.map((one) => ({ ...one, steps: one.steps.map(complete) }));
    return { ...whole, cases, default: whole.default.map(complete) };
  }
  return whole;
}

/** The same for a whole draft. */
export function completeAll(definition: Definition): Definition {
  const trigger = { ...definition.trigger, connection: definition.trigger.connection ?? "", options: definition.trigger.options ?? {} };
  return { ...definition, notes: definition.notes ?? "", trigger, steps: definition.steps.map(complete) };
}
