/** What can be taken back and done again. Pure; the store holds one. */
import { same } from "../definition/merge";
import type { Definition } from "../definition/types";

/** Edits of the same field within this many milliseconds are one entry: somebody types. */
export const MERGE_WITHIN = 1000;
export const MAX_ENTRIES = 200;

export interface Moment {
  draft: Definition;
  selected: string | null;
}

export interface Entry {
  label: string;
  before: Moment;
  after: Moment;
  merge: string | null;
  at: number;
}

export interface History {
  past: readonly Entry[];
  future: readonly Entry[];
}

export const EMPTY_HISTORY: History = { past: [], future: [] };

export function record(history: History, entry: Entry): History {
  const last = history.past.at(-1);
  const joins =
    last && entry.merge !== null && last.merge === entry.merge && entry.at - last.at < MERGE_WITHIN && !history.future.length;
  const past = joins
    ? [...history.past.slice(0, -1), { ...entry, before: last.before }]
    : [...history.past.slice(-(MAX_ENTRIES - 1)), entry];
  return { past, future: [] };
}

export function stepBack(history: History): { history: History; entry: Entry } | null {
  const entry = history.past.at(-1);
  return entry ? { entry, history: { past: history.past.slice(0, -1), future: [entry, ...history.future] } } : null;
}

export function stepForward(history: History): { history: History; entry: Entry } | null {
  const [entry, ...future] = history.future;
  return entry ? { entry, history: { past: [...history.past, { ...entry, merge: null }], future } } : null;
}

/** The same acts on other drafts: `carry` changes each. What changes nothing any more is left out. */
export function rebased(history: History, carry: (draft: Definition) => Definition): History {
  const carried = new Map<Definition, Definition>();
  const moment = (one: Moment): Moment => {
    const draft = carried.get(one.draft) ?? carry(one.draft);
    carried.set(one.draft, draft);
    return { ...one, draft };
  };
  const entries = (all: readonly Entry[]) =>
    all
      .map((entry) => ({ ...entry, before: moment(entry.before), after: moment(entry.after) }))
      .filter((entry) => !same(entry.before.draft, entry.after.draft));
  return { past: entries(history.past), future: entries(history.future) };
}
