/**
 * Changes of the tree: pure functions from one definition to the next.
 *
 * What did not change is the same object before and after, so that it need not be drawn again.
 */
import { mapTemplates, referringTo, renameInTemplate } from "./references";
import type { Definition, ErrorBranch, Place, Slot, Step, SwitchCase } from "./types";
import { MAX_LEVELS, MAX_STEPS } from "./types";
import { branches, countSteps, levels, locate, walk } from "./walk";

/** The steps of one sequence; undefined where there is none of this name. */
export function sequence(definition: Definition, parent: string | null, slot: Slot): Step[] | undefined {
  if (parent === null) return definition.steps;
  const step = locate(definition, parent)?.step;
  return step && branches(step).find((branch) => branch.slot === slot)?.steps;
}

/** Replace one sequence; the same definition where there is none of this name. */
export function withSequence(
  definition: Definition,
  parent: string | null,
  slot: Slot,
  change: (steps: Step[]) => Step[],
): Definition {
  if (parent === null) return { ...definition, steps: change(definition.steps) };
  return replaceStep(definition, parent, (step) => withBranch(step, slot, change));
}

function withBranch(step: Step, slot: Slot, change: (steps: Step[]) => Step[]): Step {
  if (slot === "on_error") {
    return step.on_error ? { ...step, on_error: { ...step.on_error, steps: change(step.on_error.steps) } } : step;
  }
  if (step.kind === "if" && slot === "then") return { ...step, then: change(step.then) };
  if (step.kind === "if" && slot === "else") return { ...step, else: change(step.else) };
  if (step.kind === "for_each" && slot === "steps") return { ...step, steps: change(step.steps) };
  if (step.kind === "switch" && slot === "default") return { ...step, default: change(step.default) };
  if (step.kind === "switch" && slot.startsWith("case:")) {
    const id = slot.slice("case:".length);
    const cases = step.cases.map((one) => (one.id === id ? { ...one, steps: change(one.steps) } : one));
    return { ...step, cases };
  }
  return step;
}

/** Put another step in the place of the one with this id. */
export function replaceStep(definition: Definition, id: string, change: (step: Step) => Step): Definition {
  const steps = replaceIn(definition.steps, id, change);
  return steps === definition.steps ? definition : { ...definition, steps };
}

function replaceIn(steps: Step[], id: string, change: (step: Step) => Step): Step[] {
  for (const [index, step] of steps.entries()) {
    const next = step.id === id ? change(step) : replaceBelow(step, id, change);
    if (next !== step) return steps.with(index, next);
  }
  return steps;
}

function replaceBelow(step: Step, id: string, change: (step: Step) => Step): Step {
  for (const branch of branches(step)) {
    const inner = replaceIn(branch.steps, id, change);
    if (inner !== branch.steps) return withBranch(step, branch.slot, () => inner);
  }
  return step;
}

/** Why these steps can not stand there; null when they can. */
export function refusal(definition: Definition, steps: readonly Step[], place: Place): string | null {
  const added = [...walk(steps)];
  if (countSteps(definition) + added.length > MAX_STEPS) return `A workflow has at most ${MAX_STEPS} steps.`;
  const parent = place.parent === null ? null : locate(definition, place.parent);
  if (place.parent !== null && !parent) return "The step around this place is gone.";
  const around = parent ? [...parent.ancestors, parent.step] : [];
  if (around.length + levels(steps) > MAX_LEVELS) return `Steps may stand ${MAX_LEVELS} levels deep.`;
  const looped = around.some((step, index) => step.kind === "for_each" && !throughError(around, index, place));
  if (looped && added.some((step) => step.kind === "wait_webhook")) {
    return "A wait for a webhook can not stand in a For each: its address would be the same for every item.";
  }
  return null;
}

// What stands in the error branch of a loop is not in its body.
function throughError(around: readonly Step[], index: number, place: Place): boolean {
  const step = around[index];
  const next = around[index + 1];
  if (!step?.on_error) return false;
  return next ? step.on_error.steps.includes(next) : place.slot === "on_error";
}

/** Put steps in at a place. */
export function insert(definition: Definition, place: Place, ...steps: Step[]): Definition {
  return withSequence(definition, place.parent, place.slot, (all) => all.toSpliced(place.index, 0, ...steps));
}

/** Every id in use: of steps and of cases. */
export function usedIds(definition: Definition): Set<string> {
  const used = new Set<string>(["trigger"]);
  for (const step of walk(definition.steps)) {
    used.add(step.id);
    if (step.kind === "switch") for (const one of step.cases) used.add(one.id);
  }
  return used;
}

/** An id that nobody has, made of some words: "Track event" → track_event, track_event_2. */
export function freshId(words: string, used: ReadonlySet<string>): string {
  const plain = words
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 32)
    .replace(/_+$/, "");
  const stem = plain || "step";
  if (!used.has(stem)) return stem;
  for (let number = 2; ; number++) if (!used.has(`${stem}_${number}`)) return `${stem}_${number}`;
}

/** Copy steps under fresh ids; what they said of each other, the copies say of each other. */
export function copies(definition: Definition, steps: readonly Step[]): Step[] {
  const used = usedIds(definition);
  const ids = new Map<string, string>();
  const claim = (id: string) => {
    const fresh = freshId(id.replace(/_\d+$/, "") || id, used);
    used.add(fresh);
    return fresh;
  };
  for (const step of walk(steps)) ids.set(step.id, used.has(step.id) ? claim(step.id) : (used.add(step.id), step.id));
  const cases = (all: SwitchCase[]) => all.map((one) => ({ ...one, id: used.has(one.id) ? claim(one.id) : one.id, steps: one.steps.map(copy) }));
  const copy = (step: Step): Step => {
    const same = { ...step, id: ids.get(step.id) ?? step.id } as Step;
    if (same.on_error) same.on_error = { ...same.on_error, steps: same.on_error.steps.map(copy) };
    if (same.kind === "if") return { ...same, then: same.then.map(copy), else: same.else.map(copy) };
    if (same.kind === "for_each") return { ...same, steps: same.steps.map(copy) };
    if (same.kind === "switch") return { ...same, cases: cases(same.cases), default: same.default.map(copy) };
    return same;
  };
  return steps.map((step) => mapTemplates(copy(step), (template) => renameInTemplate(template, ids)));
}

/** Put a copy of a step, with all below it, behind it. Returns the copy's id too. */
export function duplicate(definition: Definition, id: string): { definition: Definition; id: string } | null {
  const found = locate(definition, id);
  if (!found) return null;
  const [copy] = copies(definition, [found.step]);
  if (!copy) return null;
  const named = { ...copy, name: copyName(definition, found.step.name) };
  return { definition: insert(definition, { ...found.place, index: found.place.index + 1 }, named), id: copy.id };
}

function copyName(definition: Definition, name: string): string {
  const names = new Set([...walk(definition.steps)].map((step) => step.name));
  const stem = name.replace(/ \(copy(?: \d+)?\)$/, "").slice(0, 108);
  for (let number = 1; ; number++) {
    const next = number === 1 ? `${stem} (copy)` : `${stem} (copy ${number})`;
    if (!names.has(next)) return next;
  }
}

export interface Removed {
  definition: Definition;
  /** The steps removed, those below included. */
  removed: Step[];
  /** Steps that stay and mention one of them. */
  referring: Step[];
}

/** Take a step out, with all below it. */
export function remove(definition: Definition, id: string): Removed | null {
  const found = locate(definition, id);
  if (!found) return null;
  const { parent, slot, index } = found.place;
  const removed = [...walk([found.step])];
  return {
    definition: withSequence(definition, parent, slot, (steps) => steps.toSpliced(index, 1)),
    removed,
    referring: referringTo(definition, new Set(removed.map((step) => step.id))),
  };
}

/** Move a step, with all below it. `place` counts as the tree is now. Null where it can not go. */
export function move(definition: Definition, id: string, place: Place): Definition | null {
  const found = locate(definition, id);
  if (!found) return null;
  const below = new Set([...walk([found.step])].map((step) => step.id));
  if (place.parent !== null && below.has(place.parent)) return null;
  const same = place.parent === found.place.parent && place.slot === found.place.slot;
  const index = same && place.index > found.place.index ? place.index - 1 : place.index;
  if (same && index === found.place.index) return definition;
  const without = withSequence(definition, found.place.parent, found.place.slot, (steps) =>
    steps.toSpliced(found.place.index, 1),
  );
  const target = { ...place, index };
  if (!sequence(without, target.parent, target.slot) || refusal(without, [found.step], target)) return null;
  return insert(without, target, found.step);
}

export function setDisabled(definition: Definition, id: string, disabled: boolean): Definition {
  return replaceStep(definition, id, (step) => ({ ...step, disabled }));
}

/** Give a step an error branch; one that it has stays. */
export function addErrorBranch(definition: Definition, id: string, then: ErrorBranch["then"] = "continue"): Definition {
  return replaceStep(definition, id, (step) => (step.on_error ? step : { ...step, on_error: { steps: [], then } }));
}

/** Take the error branch away, with the steps in it. */
export function removeErrorBranch(definition: Definition, id: string): Definition {
  return replaceStep(definition, id, (step) => (step.on_error ? { ...step, on_error: null } : step));
}
