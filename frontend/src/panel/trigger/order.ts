/** What the trigger's panel changes of the order of the runs. */
import type { Definition, RunOrder } from "../../definition/types";

/** Fields whose value can tell one customer from another. */
const PLAIN = new Set(["text", "email", "url", "integer", "number", "choice", "any"]);

export const isKey = (type: string): boolean => PLAIN.has(type);

/** Keep the runs in order by a field of the event; an empty key ends the order. */
export function withOrder(draft: Definition, key: string): Definition {
  if (key !== "") return { ...draft, order: { late: "run", ...draft.order, by: templateOf(key) } };
  if (!draft.order) return draft;
  const { order: _before, ...others } = draft;
  return others;
}

export function withLate(draft: Definition, late: RunOrder["late"]): Definition {
  return draft.order ? { ...draft, order: { ...draft.order, late } } : draft;
}

/** The field that the order names; what is written by hand stays as it is. */
export function keyOf(order: RunOrder | undefined): string {
  if (!order) return "";
  return /^\{\{\s*trigger\.(.+?)\s*\}\}$/.exec(order.by.trim())?.[1] ?? order.by;
}

const templateOf = (key: string): string => (key.includes("{{") ? key : `{{ trigger.${key} }}`);
