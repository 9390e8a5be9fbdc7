/** Looking at another state of the workflow: the canvas shows it, nothing can be changed, the draft waits. */
import { batch, computed, signal } from "@preact/signals";

import { get } from "../api/client";
import type { Mark } from "../api/types";
import type { Definition } from "../definition/types";
import * as store from "../state/store";
import type { Compared } from "./types";

/** A state that can be looked at: a version's number, what is live, or the draft. */
export type StateName = number | "draft" | "live";

export interface Compare {
  a: StateName;
  b: StateName;
  answer: Compared;
  side: "before" | "after";
}

type Viewing = { kind: "version"; number: number } | { kind: "compare"; compare: Compare };

export const viewing = signal<Viewing | null>(null);

/** What became of how many steps: counts by mark. */
export const counted = computed(() => {
  const now = viewing.value;
  const marks = now?.kind === "compare" ? Object.values(now.compare.answer.marks) : [];
  const count = (mark: Mark | "moved") => marks.filter((one) => one === mark).length;
  return { added: count("added"), removed: count("removed"), changed: count("changed"), moved: count("moved") };
});

export function viewVersion(number: number, definition: Definition): void {
  show(definition, {});
  viewing.value = { kind: "version", number };
}

/** Fetch what differs and show the newer side of it. */
export async function viewCompared(a: StateName, b: StateName): Promise<void> {
  const answer = await get<Compared>("compare", { a: String(a), b: String(b) });
  showSide({ a, b, answer, side: "after" });
}

export function showSide(compare: Compare): void {
  show(compare.side === "after" ? compare.answer.after : compare.answer.before, compare.answer.marks);
  viewing.value = { kind: "compare", compare };
}

/** Go back to the draft as it was left. */
export function leave(): void {
  const draft = store.waiting.value;
  if (!draft) return;
  batch(() => {
    store.waiting.value = null;
    store.definition.value = draft.definition;
    store.readOnly.value = draft.readOnly;
    store.selected.value = draft.selected;
    store.marks.value = {};
    store.panelOpen.value = false;
    viewing.value = null;
  });
}

function show(definition: Definition, marks: Record<string, Mark>): void {
  batch(() => {
    store.waiting.value ??= {
      definition: store.definition.value,
      readOnly: store.readOnly.value,
      selected: store.selected.value,
    };
    store.readOnly.value = true;
    store.panelOpen.value = false;
    store.selected.value = null;
    store.definition.value = definition;
    store.marks.value = marks;
  });
}

export function nameOf(state: StateName): string {
  if (state === "draft") return "the draft";
  return state === "live" ? "the live version" : `version ${state}`;
}
