/**
 * Editing a template: its source, and a selection in offsets of the source. A pill is one
 * character to the caret: selected whole, passed whole, removed whole.
 */

import { type PillToken, tokenize } from "./template";

export interface Editing {
  source: string;
  /** Where the selection began and where its moving end is; equal for a caret. */
  anchor: number;
  focus: number;
  /** The part whose pills are being edited as text. */
  open: { start: number; end: number } | null;
}

export type Direction = -1 | 1;

export function editing(source: string, at: number = source.length): Editing {
  return { source, anchor: at, focus: at, open: null };
}

/** The pills of a source that are shown as pills: all but those opened as text. */
export function pillsOf(state: Pick<Editing, "source" | "open">): PillToken[] {
  const { open } = state;
  return tokenize(state.source).filter(
    (token): token is PillToken =>
      token.kind === "pill" && !(open !== null && token.start < open.end && token.end > open.start),
  );
}

/** Return the selection in order. */
export function range(state: Editing): [number, number] {
  return state.anchor <= state.focus ? [state.anchor, state.focus] : [state.focus, state.anchor];
}

/** The pill that is selected, whole and alone. */
export function selectedPill(state: Editing): PillToken | null {
  const [from, to] = range(state);
  return pillsOf(state).find((pill) => pill.start === from && pill.end === to) ?? null;
}

/** Move a range's ends out of pills, so that it holds each whole or not at all. */
export function snapped(state: Pick<Editing, "source" | "open">, from: number, to: number): [number, number] {
  for (const pill of pillsOf(state)) {
    if (from > pill.start && from < pill.end) from = pill.start;
    if (to > pill.start && to < pill.end) to = pill.end;
  }
  return [from, to];
}

/** Select; ends inside of pills move to their edges, and leaving what is open as text closes it. */
export function select(state: Editing, anchor: number, focus: number): Editing {
  const clamp = (offset: number): number => Math.max(0, Math.min(offset, state.source.length));
  let open = state.open;
  const low = Math.min(anchor, focus);
  const high = Math.max(anchor, focus);
  if (open !== null && (high < open.start || low > open.end)) open = null;
  const [from, to] = snapped({ source: state.source, open }, clamp(low), clamp(high));
  if (from === to || low === high) {
    const pill = pillsOf({ source: state.source, open }).find((each) => low > each.start && low < each.end);
    const at = pill === undefined ? clamp(low) : pill.end;
    return { ...state, anchor: at, focus: at, open };
  }
  return anchor <= focus ? { ...state, anchor: from, focus: to, open } : { ...state, anchor: to, focus: from, open };
}

/** Put a text in place of a range; the caret stands behind it. */
export function replace(state: Editing, from: number, to: number, text: string): Editing {
  const [start, end] = snapped(state, Math.min(from, to), Math.max(from, to));
  const source = state.source.slice(0, start) + text + state.source.slice(end);
  const at = start + text.length;
  let open = state.open;
  if (open !== null) {
    const inside = start >= open.start && end <= open.end;
    open = inside ? { start: open.start, end: open.end + source.length - state.source.length } : null;
  }
  return { source, anchor: at, focus: at, open };
}

export function insert(state: Editing, text: string): Editing {
  const [from, to] = range(state);
  return replace(state, from, to, text);
}

/**
 * Delete what is selected, or before or behind the caret. A pill there is selected first
 * and goes with the second press.
 */
export function erase(state: Editing, direction: Direction, target?: [number, number]): Editing {
  const [from, to] = range(state);
  if (from !== to) return replace(state, from, to, "");
  const pill = beside(state, direction);
  if (pill !== null) return { ...state, anchor: pill.start, focus: pill.end };
  if (target !== undefined && target[0] !== target[1]) return replace(state, target[0], target[1], "");
  const next = graphemeEdge(state.source, from, direction);
  return replace(state, from, next, "");
}

/** Move the caret where that means a pill; null leaves the key to the browser. */
export function move(state: Editing, direction: Direction, extend: boolean): Editing | null {
  const pill = selectedPill(state);
  if (extend) {
    const next = pillsOf(state).find((each) => (direction < 0 ? each.end : each.start) === state.focus);
    return next === undefined ? null : { ...state, focus: direction < 0 ? next.start : next.end };
  }
  if (pill !== null) {
    const at = direction < 0 ? pill.start : pill.end;
    return { ...state, anchor: at, focus: at };
  }
  if (state.anchor !== state.focus) return null;
  const next = beside(state, direction);
  return next === null ? null : { ...state, anchor: next.start, focus: next.end };
}

function beside(state: Editing, direction: Direction): PillToken | null {
  const at = state.focus;
  return pillsOf(state).find((pill) => (direction < 0 ? pill.end === at : pill.start === at)) ?? null;
}

function graphemeEdge(source: string, at: number, direction: Direction): number {
  if (direction > 0) {
    const first = segments(source.slice(at))[0];
    return at + (first?.length ?? 0);
  }
  const before = segments(source.slice(Math.max(0, at - 64), at));
  return at - (before[before.length - 1]?.length ?? 0);
}

function segments(text: string): string[] {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), (each) => each.segment);
}

/** Show a pill as text with the caret at its end, before the braces. */
export function openPill(state: Editing, pill: PillToken): Editing {
  const at = pill.end - 2 - (state.source.slice(0, pill.end - 2).match(/\s*-?$/)?.[0].length ?? 0);
  return { source: state.source, anchor: at, focus: at, open: { start: pill.start, end: pill.end } };
}

/** Take a source from outside, such as an undo: the caret goes behind what changed. */
export function adopt(state: Editing, source: string): Editing {
  if (source === state.source) return state;
  let end = 0;
  const most = Math.min(source.length, state.source.length);
  while (end < most && source[source.length - 1 - end] === state.source[state.source.length - 1 - end]) end += 1;
  return select({ source, anchor: 0, focus: 0, open: null }, source.length - end, source.length - end);
}

/** Text from the clipboard as a field takes it: one line where it has one, no control characters. */
export function pasted(text: string, multiline: boolean): string {
  const clean = text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b]/g, "");
  return multiline ? clean : clean.replace(/\s*\n\s*/g, " ");
}
