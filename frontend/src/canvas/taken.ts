/** Which branches a test went into. Pure. */
import type { StepResult } from "../api/types";
import type { Json, Slot, Step } from "../definition/types";

const output = (result: StepResult, key: string): Json | undefined =>
  typeof result.outputs === "object" && result.outputs !== null && !Array.isArray(result.outputs) ? result.outputs[key] : undefined;

/** The branches that these results of a step led into; of a loop's items there may be several. */
export function slotsTaken(step: Step, results: readonly StepResult[]): Set<Slot> {
  const slots = new Set<Slot>();
  for (const result of results) {
    if (step.on_error && result.outcome === "failed") slots.add("on_error");
    if (result.outcome !== "succeeded") continue;
    if (step.kind === "if") {
      const holds = output(result, "result");
      if (typeof holds === "boolean") slots.add(holds ? "then" : "else");
    } else if (step.kind === "switch") {
      const id = output(result, "case_id");
      if (typeof id === "string") slots.add(step.cases.some((one) => one.id === id) ? `case:${id}` : "default");
    } else if (step.kind === "for_each" && Number(output(result, "count")) > 0) slots.add("steps");
  }
  return slots;
}
