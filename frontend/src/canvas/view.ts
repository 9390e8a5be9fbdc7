/** How the canvas is moved and how large it is shown. */
import { signal } from "@preact/signals";
import { CARD, type Layout } from "./layout";

export interface View {
  /** Of the layout's origin in the window of the canvas, in CSS pixels. */
  x: number;
  y: number;
  zoom: number;
}

export const MIN_ZOOM = 0.2;
export const MAX_ZOOM = 2;
const MARGIN = 48;

export const view = signal<View>({ x: 0, y: 0, zoom: 1 });
/** The window of the canvas, in CSS pixels. */
export const frame = signal({ width: 0, height: 0 });

/** CSS pixels for one unit of the layout at zoom 1. */
export const unit = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

const bounded = (zoom: number) => Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));

export function pan(dx: number, dy: number): void {
  const { x, y, zoom } = view.value;
  view.value = { x: x + dx, y: y + dy, zoom };
}

/** Zoom to `zoom` and keep what is at a point of the frame there; its middle without one. */
export function zoomTo(zoom: number, at = { x: frame.value.width / 2, y: frame.value.height / 2 }): void {
  const before = view.value;
  const next = bounded(zoom);
  const ratio = next / before.zoom;
  view.value = { x: at.x - (at.x - before.x) * ratio, y: at.y - (at.y - before.y) * ratio, zoom: next };
}

export const zoomBy = (factor: number, at?: { x: number; y: number }): void => zoomTo(view.value.zoom * factor, at);

/** Show everything, or as much as can still be read. */
export function fit(layout: Layout): void {
  const { width, height } = frame.value;
  const size = unit();
  const zoom = Math.min((width - 2 * MARGIN) / (layout.width * size), (height - 2 * MARGIN) / (layout.height * size), 1);
  center(layout, bounded(zoom));
}

/** The first look: readable, the trigger on top in the middle. */
export function home(layout: Layout): void {
  const { width } = frame.value;
  const wide = (width - 2 * MARGIN) / (layout.width * unit());
  const zoom = bounded(Math.min(1, Math.max(0.75, wide)));
  const card = layout.cards[0];
  const axis = card ? card.x + CARD.width / 2 : layout.width / 2;
  view.value = { x: width / 2 - axis * unit() * zoom, y: 32, zoom };
}

function center(layout: Layout, zoom: number): void {
  const { width, height } = frame.value;
  const size = unit() * zoom;
  const y = layout.height * size < height - 2 * MARGIN ? (height - layout.height * size) / 2 : MARGIN;
  view.value = { x: (width - layout.width * size) / 2, y: Math.min(y, MARGIN * 2), zoom };
}

/** Move as little as needed to have a rectangle of the layout in sight. */
export function reveal(rect: { x: number; y: number; width: number; height: number }): void {
  const { x, y, zoom } = view.value;
  const size = unit() * zoom;
  const shift = (start: number, length: number, room: number) => {
    const margin = Math.min(40, Math.max(0, (room - length) / 2));
    if (start < margin) return margin - start;
    return start + length > room - margin ? room - margin - start - length : 0;
  };
  const dx = shift(x + rect.x * size, rect.width * size, frame.value.width);
  const dy = shift(y + rect.y * size, rect.height * size, frame.value.height);
  if (dx || dy) view.value = { x: x + dx, y: y + dy, zoom };
}

/** Where a point of the layout is in the frame. */
export function toFrame(x: number, y: number): { x: number; y: number } {
  const size = unit() * view.value.zoom;
  return { x: view.value.x + x * size, y: view.value.y + y * size };
}
