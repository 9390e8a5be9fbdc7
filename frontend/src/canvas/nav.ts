/** Going through the tree by keyboard, and saying where one is. Pure. */
import type { Definition, Place, Slot, Step } from "../definition/types";
import { branches, locate, locations } from "../definition/walk";

/** What can have the focus: a step's id, "trigger", or an empty branch as "<step>/<slot>". */
export type Spot = string;

export const emptySpot = (step: string, slot: Slot): Spot => `${step}/${slot}`;

/** The branch that a spot stands for; null for cards. */
export function emptyBranch(spot: Spot): { step: string; slot: Slot } | null {
  const cut = spot.indexOf("/");
  return cut < 0 ? null : { step: spot.slice(0, cut), slot: spot.slice(cut + 1) as Slot };
}

const firstOf = (step: Step, branch: { slot: Slot; steps: Step[] }): Spot => branch.steps[0]?.id ?? emptySpot(step.id, branch.slot);

/** Every spot in the order in which it is read. */
export function spots(definition: Definition): Spot[] {
  const found: Spot[] = ["trigger"];
  const add = (steps: readonly Step[]) => {
    for (const step of steps) {
      found.push(step.id);
      for (const branch of branches(step)) {
        if (branch.steps.length) add(branch.steps);
        else found.push(emptySpot(step.id, branch.slot));
      }
    }
  };
  add(definition.steps);
  return found;
}

export function go(definition: Definition, from: Spot, key: string): Spot | null {
  if (key === "Home") return "trigger";
  if (key === "End") return spots(definition).at(-1) ?? null;
  if (key === "ArrowDown") return down(definition, from);
  if (key === "ArrowUp") return up(definition, from);
  if (key === "ArrowRight") return across(definition, from, 1);
  if (key === "ArrowLeft") return across(definition, from, -1);
  return null;
}

function down(definition: Definition, from: Spot): Spot | null {
  if (from === "trigger") return definition.steps[0]?.id ?? null;
  const empty = emptyBranch(from);
  if (empty) return behind(definition, empty.step);
  const step = locate(definition, from)?.step;
  const inner = step && branches(step).find((branch) => branch.slot !== "on_error");
  if (step && inner) return firstOf(step, inner);
  return behind(definition, from);
}

/** What comes after a step and all in it. */
function behind(definition: Definition, id: string): Spot | null {
  for (let found = locate(definition, id); found; ) {
    const next = found.siblings[found.place.index + 1];
    if (next) return next.id;
    found = found.parent && locate(definition, found.parent.id);
  }
  return null;
}

function up(definition: Definition, from: Spot): Spot | null {
  const empty = emptyBranch(from);
  if (empty) return empty.step;
  const found = locate(definition, from);
  if (!found) return null;
  const before = found.siblings[found.place.index - 1];
  return before?.id ?? found.parent?.id ?? "trigger";
}

/** To the branch beside: of the step itself (its error branch), or of one around it. */
function across(definition: Definition, from: Spot, way: 1 | -1): Spot | null {
  const own = locate(definition, from)?.step;
  const error = own && branches(own).find((branch) => branch.slot === "on_error");
  if (own && error && way === 1) return firstOf(own, error);
  let branch = emptyBranch(from) ?? branchOf(definition, from);
  while (branch) {
    const owner = locate(definition, branch.step)?.step;
    if (!owner) return null;
    const lanes = branches(owner);
    const index = lanes.findIndex((lane) => lane.slot === branch?.slot);
    const next = lanes[index + way];
    if (next) return firstOf(owner, next);
    if (branch.slot === "on_error" && way === -1) return owner.id;
    branch = branchOf(definition, owner.id);
  }
  return null;
}

function branchOf(definition: Definition, id: string): { step: string; slot: Slot } | null {
  const place = locate(definition, id)?.place;
  return place?.parent ? { step: place.parent, slot: place.slot } : null;
}

/** Where a new step goes that is added at a spot: behind it, or into the empty branch. */
export function placeAfter(definition: Definition, spot: Spot): Place | null {
  if (spot === "trigger") return { parent: null, slot: "steps", index: 0 };
  const empty = emptyBranch(spot);
  if (empty) return { parent: empty.step, slot: empty.slot, index: 0 };
  const place = locate(definition, spot)?.place;
  return place ? { ...place, index: place.index + 1 } : null;
}

/** Where Alt and an arrow move a step: past its neighbour, out of its branch, or to the branch beside. */
export function placeMoved(definition: Definition, id: string, key: string): Place | null {
  const found = locate(definition, id);
  if (!found) return null;
  const { place, parent, siblings } = found;
  if (key === "ArrowUp") {
    if (place.index > 0) return { ...place, index: place.index - 1 };
    return parent && (locate(definition, parent.id)?.place ?? null);
  }
  if (key === "ArrowDown") {
    if (place.index < siblings.length - 1) return { ...place, index: place.index + 2 };
    const outer = parent && locate(definition, parent.id)?.place;
    return outer ? { ...outer, index: outer.index + 1 } : null;
  }
  const way = key === "ArrowRight" ? 1 : -1;
  if (parent) {
    const lanes = branches(parent);
    const next = lanes[lanes.findIndex((lane) => lane.slot === place.slot) + way];
    if (next) return { parent: parent.id, slot: next.slot, index: next.steps.length };
    if (way === -1) return locate(definition, parent.id)?.place ?? null;
  }
  // Into the step before it, where that has branches.
  const before = siblings[place.index - 1];
  const lane = way === 1 && before && branches(before)[0];
  return lane ? { parent: before.id, slot: lane.slot, index: lane.steps.length } : null;
}

export interface Describing {
  /** "Filter", "Customer.io, Track event". */
  what: (step: Step) => string;
  summary: (step: Step) => string;
  problems: (id: string) => number;
  result?: (id: string) => string;
  mark?: (id: string) => string;
}

/** Where a card stands, for who can't see it. */
export interface Standing {
  /** From 1, in the order of reading. */
  number: number;
  total: number;
  /** "inside Switch, case First attempt"; "" at the top. */
  around: string;
}

/** Where every step stands. */
export function standings(definition: Definition): Map<string, Standing> {
  const all = locations(definition);
  const found = new Map<string, Standing>();
  let number = 0;
  for (const [id, { parent, place }] of all) {
    const lane = parent && branches(parent).find((branch) => branch.slot === place.slot);
    const around = parent && lane ? `inside ${parent.name}, ${laneName(place.slot, lane.label)}` : "";
    found.set(id, { number: ++number, total: all.size, around });
  }
  return found;
}

/** What is read out at a card: "Step 3 of 7, Filter, Amount over 50, inside Switch, case First, 1 problem". */
export function describeStep(step: Step, at: Standing, words: Describing): string {
  const problems = words.problems(step.id);
  const parts = [
    `Step ${at.number} of ${at.total}`,
    words.what(step),
    step.name,
    words.summary(step),
    at.around,
    step.disabled && "disabled",
    problems > 0 && `${problems} ${problems === 1 ? "problem" : "problems"}`,
    words.result?.(step.id),
    words.mark?.(step.id),
    step.note && "has a note",
  ];
  return parts.filter((part, index) => part && parts.indexOf(part) === index).join(", ");
}

export function laneName(slot: Slot, label: string): string {
  if (slot.startsWith("case:")) return `case ${label}`;
  if (slot === "then" || slot === "else") return `branch ${label}`;
  return label.charAt(0).toLowerCase() + label.slice(1);
}
