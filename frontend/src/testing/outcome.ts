/** What a test's results mean for the canvas and the data tree. */
import type { Outputs } from "../api/types";
import type { Json } from "../definition/types";
import type { Result } from "./types";

/** Step id → its results, one for each item of a loop. */
export function byStep(steps: readonly Result[]): Record<string, Result[]> {
  const found: Record<string, Result[]> = {};
  for (const step of steps) (found[step.id] ??= []).push(step);
  return found;
}

/**
 * The outputs that later steps are shown with: by id, and in loops by path as well.
 * A step that did not succeed gives nothing; what an earlier test gave for it is forgotten.
 */
export function outputsOf(before: Outputs, steps: readonly Result[]): Outputs {
  const after: Outputs = { ...before };
  for (const step of steps) {
    delete after[step.id];
    delete after[step.path];
  }
  for (const step of steps) {
    if (step.outcome !== "succeeded" || !isFilled(step.outputs)) continue;
    after[step.id] ??= step.outputs;
    after[step.path] = step.outputs;
  }
  return after;
}

/** What the reads of a test gave: kept with a test case, so that running it calls nobody. */
export function answersOf(steps: readonly Result[]): Record<string, Json> {
  const kept = steps.filter((step) => step.outcome === "succeeded" && !step.sampled && ["action", "ai"].includes(step.kind));
  return Object.fromEntries(kept.map((step) => [step.path, step.outputs]));
}

const isFilled = (value: Json): boolean => typeof value === "object" && value !== null && Object.keys(value).length > 0;

const WORDS: Record<string, string> = {
  succeeded: "Succeeded",
  filtered: "Stopped here",
  skipped: "Skipped",
  failed: "Failed",
  waiting: "Waiting",
  cancelled: "Cancelled",
};

export const wordFor = (outcome: string): string => WORDS[outcome] ?? outcome;

const TONES: Record<string, "good" | "bad" | "warn" | "info"> = {
  succeeded: "good",
  failed: "bad",
  cancelled: "bad",
  waiting: "warn",
  filtered: "warn",
};

export const toneOf = (outcome: string): "good" | "bad" | "warn" | "info" => TONES[outcome] ?? "info";

/** The whole test in one sentence. What was skipped is told apart from what was done. */
export function sentence(outcome: string, steps: readonly Result[], mode: "dry" | "real"): string {
  const skipped = steps.filter((step) => step.outcome === "skipped").length;
  const done = counted(steps.length - skipped, "step");
  const requests = mode === "dry" ? steps.reduce((sum, step) => sum + step.requests.length, 0) : 0;
  const rest = (skipped ? `, ${skipped} skipped` : "") + (requests ? `, ${counted(requests, "request")} would be sent` : "");
  switch (outcome) {
    case "succeeded":
      return `${done} succeeded${rest}.`;
    case "filtered":
      return `The event stops after ${done}${rest}.`;
    case "cancelled":
      return `The test was cancelled after ${done}${rest}.`;
    case "failed":
      return `The test failed after ${done}${rest}.`;
    default:
      return `The test still runs: ${done} so far${rest}.`;
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** What a result's call cost, where it tells: a model's tokens. */
export function costOf(step: Result): string {
  const outputs = step.outputs;
  if (typeof outputs !== "object" || outputs === null || Array.isArray(outputs)) return "";
  const [given, taken, cost] = [outputs["input_tokens"], outputs["output_tokens"], outputs["cost"]];
  if (typeof given !== "number" || typeof taken !== "number") return "";
  const money = typeof cost === "number" ? `, about $${cost.toPrecision(2)}` : "";
  return `${given} tokens in, ${taken} out${money}`;
}
