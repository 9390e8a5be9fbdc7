/** What each key does on the canvas. */
import { signal } from "@preact/signals";
import { locate } from "../definition/walk";
import * as store from "../state/store";
import * as acts from "./acts";
import type { Layout } from "./layout";
import { emptyBranch, go, placeAfter, placeMoved } from "./nav";
import { fit, view, zoomBy, zoomTo } from "./view";

export const searching = signal(false);
export const helping = signal(false);

/** Shown by “?”: the keys and what they do. */
export const SHORTCUTS: [keys: string, does: string][] = [
  ["Arrow keys", "Go from step to step; left and right from branch to branch"],
  ["Home, End", "Go to the trigger; to the last step"],
  ["Enter", "Open the step; in an empty branch, add one"],
  ["F6", "Go to the open panel and back"],
  ["Insert or +", "Add a step behind this one"],
  ["Alt+Arrow keys", "Move the step; out of its branch and into the next one"],
  ["Ctrl+C, Ctrl+X, Ctrl+V", "Copy, cut, paste, also between workflows"],
  ["Ctrl+D", "Duplicate"],
  ["D", "Disable or enable"],
  ["N", "Write a note on the step"],
  ["Delete", "Delete the step"],
  ["Shift+F10", "Menu of the step"],
  ["Ctrl+Z, Ctrl+Y", "Undo, redo"],
  ["/", "Find a step"],
  ["=, -, 0, 1", "Zoom in, zoom out, show everything, full size"],
  ["Escape", "Close the panel, stop dragging"],
  ["?", "Show this list"],
];

/** Keys while the focus is on the canvas. Returns whether the key did something. */
export function onCanvasKey(event: KeyboardEvent, layout: Layout, openMenu: (id: string) => void): boolean {
  const at = acts.spot.value;
  const draft = store.definition.value;
  const step = locate(draft, at)?.step ?? null;
  const writable = !store.readOnly.value;
  const command = event.ctrlKey || event.metaKey;
  if (event.altKey && event.key.startsWith("Arrow")) {
    const place = step && writable && placeMoved(draft, step.id, event.key);
    if (place && step) acts.moveStep(step.id, place);
    return true;
  }
  if (command) {
    if (event.key.toLowerCase() !== "d" || !step || !writable) return false;
    acts.duplicateStep(step.id);
    return true;
  }
  if (event.altKey) return false;
  const next = go(draft, at, event.key);
  if (next) {
    acts.focusOn(next);
    return true;
  }
  switch (event.key) {
    case "Enter":
    case " ":
      if (emptyBranch(at)) return writable && addAt(at);
      acts.select(at);
      intoPanel();
      return true;
    case "F6":
      if (store.panelOpen.value) intoPanel();
      return store.panelOpen.value;
    case "Insert":
    case "+":
      return writable && addAt(at);
    case "Delete":
    case "Backspace":
      if (step && writable) acts.removeStep(step.id);
      return step !== null;
    case "d":
      if (step && writable) acts.toggleDisabled(step.id);
      return step !== null;
    case "n":
      if (step && writable) acts.editNote(step.id);
      return step !== null;
    case "ContextMenu":
      openMenu(at);
      return true;
    case "F10":
      if (event.shiftKey) openMenu(at);
      return event.shiftKey;
    case "Escape":
      store.panelOpen.value = false;
      return true;
    case "=":
      zoomBy(1.2);
      return true;
    case "-":
      zoomBy(1 / 1.2);
      return true;
    case "0":
      fit(layout);
      return true;
    case "1":
      zoomTo(1);
      return true;
    default:
      return event.key.startsWith("Arrow");
  }
}

/** Into the open panel, once it is drawn. */
function intoPanel(): void {
  requestAnimationFrame(() => {
    const panel = document.querySelector(".ed-panel");
    const first = (selector: string) => panel?.querySelector<HTMLElement>(selector);
    (first("[role=tab][aria-selected=true]") ?? first("input, select, textarea") ?? first("button"))?.focus();
  });
}

function addAt(at: string): boolean {
  const place = placeAfter(store.definition.value, at);
  const element = document.querySelector(`[data-spot="${CSS.escape(at)}"]`);
  if (!place || !element) return false;
  const { right, top } = element.getBoundingClientRect();
  acts.picking.value = { place, x: right + 12, y: top };
  return true;
}

/** Keys anywhere on the page, but not where somebody types. */
export function onPageKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.key === "F6" && target.closest(".ed-panel")) {
    event.preventDefault();
    return acts.focusOn(acts.spot.value);
  }
  if (event.defaultPrevented || target.closest("input, textarea, select, [contenteditable=true], [role=textbox], dialog, .cm-editor")) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "z" && !event.shiftKey) acts.undo();
    else if (key === "y" || (key === "z" && event.shiftKey)) acts.redo();
    else return;
  } else if (event.altKey) return;
  else if (event.key === "/") searching.value = true;
  else if (event.key === "?") helping.value = true;
  else return;
  event.preventDefault();
}

/** Copy, cut and paste as the browser tells them: these need nobody's leave. */
export function onClipboard(event: ClipboardEvent): void {
  const id = acts.spot.value;
  const place = placeAfter(store.definition.value, id);
  if (event.type === "paste") {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (place && !store.readOnly.value) acts.pasteText(text, place);
  } else {
    const text = acts.copied(id);
    if (!text) return;
    event.clipboardData?.setData("text/plain", text);
    if (event.type === "cut" && !store.readOnly.value) acts.removeStep(id, "Cut");
  }
  event.preventDefault();
}

export const zoomText = (): string => `${Math.round(view.value.zoom * 100)} %`;
