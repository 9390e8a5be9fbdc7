/** Looking at the tree of steps; nothing here changes it. */
import type { Definition, Place, Slot, Step } from "./types";

/** The inner sequences of a step, in the order in which they are shown. */
export function branches(step: Step): { slot: Slot; label: string; steps: Step[] }[] {
  const inner: { slot: Slot; label: string; steps: Step[] }[] = [];
  if (step.kind === "if") {
    inner.push({ slot: "then", label: "Yes", steps: step.then }, { slot: "else", label: "No", steps: step.else });
  } else if (step.kind === "switch") {
    for (const one of step.cases) inner.push({ slot: `case:${one.id}`, label: one.name, steps: one.steps });
    inner.push({ slot: "default", label: "Otherwise", steps: step.default });
  } else if (step.kind === "for_each") {
    inner.push({ slot: "steps", label: "Each item", steps: step.steps });
  }
  if (step.on_error) inner.push({ slot: "on_error", label: "On error", steps: step.on_error.steps });
  return inner;
}

/** Every step of these and below them, parents before children. */
export function* walk(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    for (const branch of branches(step)) yield* walk(branch.steps);
  }
}

export interface Located {
  step: Step;
  place: Place;
  parent: Step | null;
  /** The sequence that it stands in. */
  siblings: Step[];
  /** The steps around it, outermost first. */
  ancestors: Step[];
}

/** Find a step by its id. */
export function locate(definition: Definition, id: string): Located | null {
  return search(definition.steps, id, "steps", []);
}

function search(steps: Step[], id: string, slot: Slot, ancestors: Step[]): Located | null {
  for (const [index, step] of steps.entries()) {
    const parent = ancestors.at(-1) ?? null;
    if (step.id === id) {
      return { step, place: { parent: parent?.id ?? null, slot, index }, parent, siblings: steps, ancestors };
    }
    for (const branch of branches(step)) {
      const found = search(branch.steps, id, branch.slot, [...ancestors, step]);
      if (found) return found;
    }
  }
  return null;
}

/** Every step with where it stands, in the order of `walk`: for who asks of many. */
export function locations(definition: Definition): Map<string, Located> {
  const found = new Map<string, Located>();
  const add = (steps: Step[], slot: Slot, ancestors: Step[]) => {
    const parent = ancestors.at(-1) ?? null;
    for (const [index, step] of steps.entries()) {
      found.set(step.id, { step, place: { parent: parent?.id ?? null, slot, index }, parent, siblings: steps, ancestors });
      const inner = branches(step);
      if (inner.length) for (const branch of inner) add(branch.steps, branch.slot, [...ancestors, step]);
    }
  };
  add(definition.steps, "steps", []);
  return found;
}

export function stepById(definition: Definition, id: string): Step | null {
  return locate(definition, id)?.step ?? null;
}

export function countSteps(definition: Definition): number {
  return [...walk(definition.steps)].length;
}

/** How many levels of steps there are: 1 for a step without branches. */
export function levels(steps: readonly Step[]): number {
  let deepest = 0;
  for (const step of steps) {
    for (const branch of branches(step)) deepest = Math.max(deepest, levels(branch.steps));
  }
  return steps.length ? deepest + 1 : 0;
}
