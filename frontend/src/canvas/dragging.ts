/** A step on its way to another place: by mouse at once, by touch after a long press. */
import { signal } from "@preact/signals";
import { move } from "../definition/edit";
import type { Place } from "../definition/types";
import { walk } from "../definition/walk";
import { locate } from "../definition/walk";
import * as store from "../state/store";
import { moveStep } from "./acts";
import type { Layout } from "./layout";
import { pan, toFrame } from "./view";

export interface Drag {
  id: string;
  /** In CSS pixels of the canvas's frame. */
  x: number;
  y: number;
  /** The ids that go along. */
  along: ReadonlySet<string>;
  /** Keys of the places where it can go. */
  targets: ReadonlyMap<string, Place>;
  over: string | null;
}

export const drag = signal<Drag | null>(null);
const NEAR = 120;

export function startDrag(id: string, layout: Layout, x: number, y: number): void {
  const draft = store.definition.value;
  const found = locate(draft, id);
  if (!found || store.readOnly.value) return;
  const targets = new Map<string, Place>();
  for (const { key, place } of layout.pluses) {
    const next = move(draft, id, place);
    if (next && next !== draft) targets.set(key, place);
  }
  const along = new Set([...walk([found.step])].map((step) => step.id));
  drag.value = { id, x, y, along, targets, over: null };
}

export function moveDrag(layout: Layout, x: number, y: number): void {
  const now = drag.value;
  if (!now) return;
  let over: string | null = null;
  let best = NEAR;
  for (const { key, x: px, y: py } of layout.pluses) {
    if (!now.targets.has(key)) continue;
    const at = toFrame(px, py);
    // Wide cards: a place is near as long as the pointer is between the cards around it.
    const distance = Math.hypot((at.x - x) / 1.6, at.y - y);
    if (distance < best) [best, over] = [distance, key];
  }
  drag.value = { ...now, x, y, over };
}

/** Move the canvas while a step is held near its edge. */
export function panAtEdge(width: number, height: number): void {
  const now = drag.value;
  if (!now) return;
  const speed = (at: number, size: number) => (at < 40 ? (40 - at) / 3 : at > size - 40 ? (size - 40 - at) / 3 : 0);
  const [dx, dy] = [speed(now.x, width), speed(now.y, height)];
  if (dx || dy) pan(Math.max(-14, Math.min(14, dx)), Math.max(-14, Math.min(14, dy)));
}

export function drop(): void {
  const now = drag.value;
  drag.value = null;
  const place = now?.over ? now.targets.get(now.over) : undefined;
  if (now && place) moveStep(now.id, place);
}

export function cancelDrag(): void {
  drag.value = null;
}
