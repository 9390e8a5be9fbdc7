/**
 * The template as nodes: texts, and pills that are one piece each. Beside every pill stands a
 * text, empty ones with a zero-width space, so that the caret has a place everywhere.
 */

import { type Editing, pillsOf, range } from "./model";
import type { Pill } from "./template";

const ZERO = "\u200b";
const ZEROS = /\u200b/g;

/** How a pill is shown. */
export interface PillView {
  label: string;
  group: string;
  filters: string;
  value: string;
  /** What a screen reader says. */
  speech: string;
  kind: string;
  logo: string | null;
  /** Whether the data is there. */
  known: boolean;
}

interface Part {
  text: string;
  pill: { source: string; view: PillView } | null;
}

/** Bring the nodes of a host up to a state; what is the same stays the same node. */
export function draw(host: HTMLElement, state: Editing, viewOf: (pill: Pill) => PillView): void {
  const parts = partsOf(state, viewOf);
  const selected = range(state);
  let offset = 0;
  let node: ChildNode | null = host.firstChild;
  for (const part of parts) {
    const length = part.pill?.source.length ?? part.text.length;
    const isSelected = part.pill !== null && selected[0] <= offset && selected[1] >= offset + length;
    node = place(host, node, part, isSelected);
    offset += length;
  }
  while (node !== null) {
    const next: ChildNode | null = node.nextSibling;
    node.remove();
    node = next;
  }
  if (state.source.endsWith("\n")) {
    // The last line break shows only with something behind it.
    const end = document.createElement("br");
    end.dataset["end"] = "";
    host.append(end);
  }
  host.classList.toggle("is-empty", state.source === "");
}

function partsOf(state: Editing, viewOf: (pill: Pill) => PillView): Part[] {
  const pills = pillsOf(state);
  if (pills.length === 0) return state.source === "" ? [] : [{ text: state.source, pill: null }];
  const parts: Part[] = [];
  let at = 0;
  for (const token of pills) {
    parts.push({ text: state.source.slice(at, token.start), pill: null });
    parts.push({ text: "", pill: { source: token.source, view: viewOf(token.pill) } });
    at = token.end;
  }
  parts.push({ text: state.source.slice(at), pill: null });
  return parts;
}

function place(host: HTMLElement, node: ChildNode | null, part: Part, isSelected: boolean): ChildNode | null {
  if (part.pill === null) {
    const data = part.text || ZERO;
    if (node instanceof Text) {
      if (node.data !== data) node.data = data;
      return node.nextSibling;
    }
    host.insertBefore(document.createTextNode(data), node);
    return node;
  }
  const { source, view } = part.pill;
  const key = JSON.stringify([source, view]);
  let element: HTMLElement;
  if (node instanceof HTMLElement && node.dataset["source"] !== undefined) {
    element = node;
    node = node.nextSibling;
  } else {
    element = document.createElement("span");
    element.className = "pill";
    element.contentEditable = "false";
    element.setAttribute("role", "img");
    host.insertBefore(element, node);
  }
  if (element.dataset["key"] !== key) {
    element.dataset["key"] = key;
    element.dataset["source"] = source;
    fill(element, view);
  }
  element.classList.toggle("is-selected", isSelected);
  return node;
}

function fill(element: HTMLElement, view: PillView): void {
  element.setAttribute("aria-label", view.speech);
  element.title = view.speech;
  element.classList.toggle("is-unknown", !view.known);
  element.dataset["kind"] = view.kind;
  const parts: HTMLElement[] = [];
  if (view.logo !== null) {
    const logo = document.createElement("img");
    logo.src = view.logo;
    logo.alt = "";
    logo.className = "pill-logo";
    parts.push(logo);
  }
  const add = (name: string, text: string): void => {
    if (text === "") return;
    const part = document.createElement("span");
    part.className = name;
    part.textContent = text;
    parts.push(part);
  };
  add("pill-label", view.label);
  add("pill-group", view.group);
  add("pill-filters", view.filters);
  add("pill-value", view.value);
  element.replaceChildren(...parts);
}

/** Read the source back from the nodes, as a composition left them. */
export function readSource(host: Node): string {
  let source = "";
  for (const node of host.childNodes) {
    if (node instanceof Text) source += node.data.replace(ZEROS, "");
    else if (!(node instanceof HTMLElement)) continue;
    else if (node.dataset["source"] !== undefined) source += node.dataset["source"];
    else if (node.tagName === "BR") source += node.dataset["end"] === undefined ? "\n" : "";
    else source += (node.tagName === "DIV" && source !== "" ? "\n" : "") + readSource(node);
  }
  return source;
}

/** The offset in the source of a point in the nodes. */
export function offsetAt(host: HTMLElement, node: Node, offset: number): number {
  let at = 0;
  for (const [index, child] of [...host.childNodes].entries()) {
    if (node === host && index >= offset) return at;
    const source = child instanceof HTMLElement ? child.dataset["source"] : undefined;
    if (child.contains(node) && node !== host) {
      if (child instanceof Text) return at + child.data.slice(0, offset).replace(ZEROS, "").length;
      if (source !== undefined) return offset === 0 ? at : at + source.length;
      return at + readSource(child).length;
    }
    if (child instanceof Text) at += child.data.replace(ZEROS, "").length;
    else if (source !== undefined) at += source.length;
    else at += readSource(child).length;
  }
  return at;
}

/** The point in the nodes of an offset: always in a text, if there is one. */
export function pointAt(host: HTMLElement, offset: number): { node: Node; offset: number } {
  let at = 0;
  for (const child of host.childNodes) {
    if (child instanceof Text) {
      const length = child.data.replace(ZEROS, "").length;
      if (offset <= at + length) return { node: child, offset: length === 0 ? child.data.length : offset - at };
      at += length;
    } else if (child instanceof HTMLElement && child.dataset["source"] !== undefined) {
      at += child.dataset["source"].length;
    }
  }
  return { node: host, offset: host.childNodes.length };
}

/** Show a state's selection; a pill that is selected alone is surrounded. */
export function showSelection(host: HTMLElement, state: Editing): void {
  const selection = document.getSelection();
  if (selection === null) return;
  const anchor = pointAt(host, state.anchor);
  const focus = state.anchor === state.focus ? anchor : pointAt(host, state.focus);
  const isSame =
    selection.anchorNode === anchor.node &&
    selection.anchorOffset === anchor.offset &&
    selection.focusNode === focus.node &&
    selection.focusOffset === focus.offset;
  if (!isSame) selection.setBaseAndExtent(anchor.node, anchor.offset, focus.node, focus.offset);
}

/** Read the selection in offsets of the source; null where it is elsewhere. */
export function readSelection(host: HTMLElement): [number, number] | null {
  const selection = document.getSelection();
  if (selection === null || selection.anchorNode === null || selection.focusNode === null) return null;
  if (!host.contains(selection.anchorNode) || !host.contains(selection.focusNode)) return null;
  return [
    offsetAt(host, selection.anchorNode, selection.anchorOffset),
    offsetAt(host, selection.focusNode, selection.focusOffset),
  ];
}

/** The pill that a node belongs to. */
export function pillElement(node: EventTarget | null): HTMLElement | null {
  const element = node instanceof Element ? node : node instanceof Node ? node.parentElement : null;
  return element?.closest<HTMLElement>(".pill") ?? null;
}

/** Where the caret stands in the window, in pixels. */
export function caretRect(host: HTMLElement): DOMRect {
  const selection = document.getSelection();
  if (selection !== null && selection.rangeCount > 0 && host.contains(selection.focusNode)) {
    const rects = selection.getRangeAt(0).getClientRects();
    const last = rects[rects.length - 1];
    if (last !== undefined && (last.width > 0 || last.height > 0)) return last;
  }
  return host.getBoundingClientRect();
}

/** The offset under a point of the window; the end where there is none. */
export function offsetFromPoint(host: HTMLElement, x: number, y: number, otherwise: number): number {
  const found = document.caretPositionFromPoint?.(x, y);
  if (found != null && host.contains(found.offsetNode)) return offsetAt(host, found.offsetNode, found.offset);
  return otherwise;
}
