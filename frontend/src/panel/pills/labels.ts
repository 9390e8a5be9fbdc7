/** Readable names of paths: what the tree calls them, else their own last words. */

import type { Json } from "../../definition/types";
import type { Offer } from "../tree/model";
import { type Pill, type Segment, formatPath } from "./template";

export interface Named {
  label: string;
  /** Where the value comes from, such as a trigger's or step's name. */
  group: string;
  app: string | null;
  kind: Offer["kind"] | "";
  type: string;
  example: Json | undefined;
  /** Whether the path stands in the tree. */
  found: boolean;
}

/** Name a path by the offers, which are given by path. */
export function nameOf(path: Segment[], offers: ReadonlyMap<string, Offer>): Named {
  const offer = offers.get(formatPath(path));
  if (offer !== undefined) {
    return {
      label: [...offer.within.slice(-1), offer.label].join(" › "),
      group: offer.group,
      app: offer.app,
      kind: offer.kind,
      type: offer.type,
      example: offer.example,
      found: true,
    };
  }
  const above = longestKnown(path, offers);
  return {
    label: humanized(path),
    group: above?.group ?? "",
    app: above?.app ?? null,
    kind: above?.kind ?? "",
    type: "any",
    example: above === null ? undefined : inside(above, path),
    found: false,
  };
}

function longestKnown(path: Segment[], offers: ReadonlyMap<string, Offer>): Offer | null {
  for (let length = path.length - 1; length > 0; length -= 1) {
    const offer = offers.get(formatPath(path.slice(0, length)));
    if (offer !== undefined) return offer;
  }
  return null;
}

function inside(above: Offer, path: Segment[]): Json | undefined {
  let length = path.length;
  while (length > 0 && formatPath(path.slice(0, length)) !== above.path) length -= 1;
  let value: Json | undefined = above.example;
  for (const segment of path.slice(length)) {
    if (value === null || typeof value !== "object") return undefined;
    value = Array.isArray(value)
      ? typeof segment === "number"
        ? value[segment < 0 ? value.length + segment : segment]
        : undefined
      : value[String(segment)];
  }
  return value;
}

/** A path's last words as a label: `trigger.customer_email` is “Customer email”. */
export function humanized(path: Segment[]): string {
  const last = path[path.length - 1];
  if (typeof last === "number") return `${humanized(path.slice(0, -1))} [${last}]`;
  const words = String(last ?? "").replace(/[_-]+/g, " ").trim();
  return words === "" ? String(last ?? "") : words[0]!.toLocaleUpperCase() + words.slice(1);
}

/** The filters of a pill as a short text: “lower, default”. */
export function filterWords(pill: Pill, labels: ReadonlyMap<string, string>): string {
  return pill.filters.map((filter) => labels.get(filter.name) ?? filter.name).join(", ");
}
