/**
 * The editable text of a template. Every change goes through the model and is drawn from it; only
 * a composition (an input method) writes into the nodes itself and is read back.
 */

import { PATH_TYPE } from "../lastField";
import { endTypingRun } from "../typing";
import {
  draw,
  offsetAt,
  offsetFromPoint,
  pillElement,
  type PillView,
  readSelection,
  readSource,
  showSelection,
} from "./dom";
import {
  adopt,
  type Editing,
  editing,
  erase,
  insert,
  move,
  openPill,
  pasted,
  pillsOf,
  range,
  replace,
  select,
  selectedPill,
} from "./model";
import { type Pill, type PillToken, pillSource } from "./template";

export interface SurfaceOptions {
  multiline: boolean;
  readOnly: boolean;
  viewOf: (pill: Pill) => PillView;
  onChange: (source: string) => void;
  /** The caret or the selection moved, or the text changed. */
  onMove: (state: Editing) => void;
  onOpenPill: (pill: PillToken, element: HTMLElement) => void;
  /** A key before the text has it; true when it was used. */
  onKey: (event: KeyboardEvent) => boolean;
  onUndo: () => void;
  onRedo: () => void;
  say: (text: string) => void;
}

export class Surface {
  state: Editing;
  private isComposing = false;
  private readonly abort = new AbortController();

  constructor(
    readonly host: HTMLElement,
    source: string,
    public options: SurfaceOptions,
  ) {
    this.state = editing(source);
    const { signal } = this.abort;
    const on = <K extends keyof HTMLElementEventMap>(name: K, handle: (event: HTMLElementEventMap[K]) => void): void =>
      host.addEventListener(name, handle, { signal });
    on("beforeinput", (event) => this.onBeforeInput(event as InputEvent));
    on("input", () => this.onInput());
    on("compositionstart", () => (this.isComposing = true));
    on("compositionend", () => this.onCompositionEnd());
    on("keydown", (event) => this.onKeyDown(event));
    on("copy", (event) => this.onCopy(event, false));
    on("cut", (event) => this.onCopy(event, true));
    on("mousedown", (event) => this.onMouseDown(event));
    on("click", (event) => this.onClick(event));
    on("blur", () => this.onBlur());
    on("dragover", (event) => this.onDragOver(event));
    on("dragleave", () => host.classList.remove("is-target"));
    on("drop", (event) => this.onDrop(event));
    document.addEventListener("selectionchange", () => this.onSelectionChange(), { signal });
    this.redraw();
  }

  destroy(): void {
    this.abort.abort();
  }

  /** Show a source that came from outside; nothing happens when it is the one shown. */
  setSource(source: string): void {
    if (source === this.state.source || this.isComposing) return;
    this.state = adopt(this.state, source);
    this.redraw();
    if (this.hasFocus()) showSelection(this.host, this.state);
  }

  /** Draw anew, since names or values of pills changed. */
  redraw(): void {
    if (!this.isComposing) draw(this.host, this.state, this.options.viewOf);
  }

  hasFocus(): boolean {
    return document.activeElement === this.host;
  }

  focus(): void {
    this.host.focus();
    showSelection(this.host, this.state);
  }

  /** Put a pill at the caret, or at an offset. */
  insertPath(path: string, at?: number): void {
    const state = at === undefined ? this.state : select(this.state, at, at);
    this.apply(insert(state, pillSource(path)));
  }

  /** Put text in place of a range. */
  replaceRange(from: number, to: number, text: string): void {
    this.apply(replace(this.state, from, to, text));
  }

  openAsText(pill: PillToken): void {
    this.state = openPill(this.state, pill);
    this.redraw();
    this.focus();
    this.options.onMove(this.state);
  }

  private apply(state: Editing): void {
    if (this.options.readOnly) return;
    const changed = state.source !== this.state.source;
    // One letter more or less is typing; all else is an act that is taken back alone.
    const isAct = Math.abs(state.source.length - this.state.source.length) > 1;
    if (isAct) endTypingRun();
    this.state = state;
    draw(this.host, state, this.options.viewOf);
    if (this.hasFocus()) showSelection(this.host, state);
    if (changed) this.options.onChange(state.source);
    if (isAct) endTypingRun();
    this.options.onMove(state);
    this.saySelected();
  }

  private saySelected(): void {
    const pill = selectedPill(this.state);
    if (pill === null || !this.hasFocus()) return;
    const { speech } = this.options.viewOf(pill.pill);
    this.options.say(`${speech}. Selected. Enter opens its menu, Backspace removes it.`);
  }

  private onBeforeInput(event: InputEvent): void {
    const type = event.inputType;
    if (type === "insertCompositionText" || type === "deleteCompositionText" || this.isComposing) return;
    event.preventDefault();
    // The browser tells of a moved selection only later.
    this.onSelectionChange();
    if (type === "historyUndo") this.options.onUndo();
    else if (type === "historyRedo") this.options.onRedo();
    else if (type === "insertLineBreak" || type === "insertParagraph") {
      if (this.options.multiline) this.apply(insert(this.state, "\n"));
    } else if (type.startsWith("insert")) this.insertText(event);
    else if (type.startsWith("delete")) {
      this.apply(erase(this.state, type.includes("Forward") ? 1 : -1, this.target(event)));
    }
  }

  private insertText(event: InputEvent): void {
    const text = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
    const target = event.inputType === "insertReplacementText" ? this.target(event) : undefined;
    const state = target === undefined ? this.state : select(this.state, ...target);
    this.apply(insert(state, pasted(text, this.options.multiline)));
  }

  private target(event: InputEvent): [number, number] | undefined {
    const found = event.getTargetRanges()[0];
    if (found === undefined) return undefined;
    return [
      offsetAt(this.host, found.startContainer, found.startOffset),
      offsetAt(this.host, found.endContainer, found.endOffset),
    ];
  }

  private onInput(): void {
    const source = readSource(this.host);
    if (source === this.state.source) return;
    const [anchor, focus] = readSelection(this.host) ?? [source.length, source.length];
    this.state = { source, anchor, focus, open: null };
    this.options.onChange(source);
  }

  private onCompositionEnd(): void {
    this.isComposing = false;
    this.onInput();
    this.redraw();
    if (this.hasFocus()) showSelection(this.host, this.state);
    this.options.onMove(this.state);
  }

  private onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing || this.isComposing) return;
    this.onSelectionChange();
    if (this.options.onKey(event) || this.usesKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private usesKey(event: KeyboardEvent): boolean {
    const command = event.ctrlKey || event.metaKey;
    const letter = event.key.toLowerCase();
    if (command && !event.altKey && (letter === "z" || letter === "y")) {
      if (letter === "y" || event.shiftKey) this.options.onRedo();
      else this.options.onUndo();
      return true;
    }
    if (command || event.altKey) return false;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const next = move(this.state, event.key === "ArrowLeft" ? -1 : 1, event.shiftKey);
      if (next === null) return false;
      this.apply(next);
      return true;
    }
    const pill = selectedPill(this.state);
    if (pill !== null && (event.key === "Enter" || event.key === " ")) {
      this.open(pill);
      return true;
    }
    return event.key === "Enter" && !this.options.multiline;
  }

  private open(pill: PillToken): void {
    const order = pillsOf(this.state).findIndex((each) => each.start === pill.start);
    const element = this.host.querySelectorAll<HTMLElement>(".pill")[order];
    if (element !== undefined) this.options.onOpenPill(pill, element);
  }

  private onCopy(event: ClipboardEvent, cut: boolean): void {
    this.onSelectionChange();
    const [from, to] = range(this.state);
    if (from === to) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", this.state.source.slice(from, to));
    if (cut) this.apply(replace(this.state, from, to, ""));
  }

  private onMouseDown(event: MouseEvent): void {
    const pill = this.pillOf(event.target);
    if (pill === null) return;
    event.preventDefault();
    this.host.focus();
    this.apply(select(this.state, pill.start, pill.end));
  }

  private onClick(event: MouseEvent): void {
    const pill = this.pillOf(event.target);
    if (pill !== null) this.open(pill);
  }

  private pillOf(target: EventTarget | null): PillToken | null {
    const element = pillElement(target);
    if (element === null) return null;
    const order = [...this.host.querySelectorAll(".pill")].indexOf(element);
    return pillsOf(this.state)[order] ?? null;
  }

  private onSelectionChange(): void {
    if (this.isComposing || !this.hasFocus()) return;
    const found = readSelection(this.host);
    if (found === null || (found[0] === this.state.anchor && found[1] === this.state.focus)) return;
    const before = this.state;
    this.state = select(before, ...found);
    this.redraw();
    if (this.state.anchor !== found[0] || this.state.focus !== found[1]) showSelection(this.host, this.state);
    this.options.onMove(this.state);
    if (before.anchor !== this.state.anchor || before.focus !== this.state.focus) this.saySelected();
  }

  private onBlur(): void {
    if (this.isComposing) this.onCompositionEnd();
    if (this.state.open !== null) this.state = { ...this.state, open: null };
    this.redraw();
  }

  private onDragOver(event: DragEvent): void {
    const types = event.dataTransfer?.types ?? [];
    if (this.options.readOnly || !(types.includes(PATH_TYPE) || types.includes("text/plain"))) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    this.host.classList.add("is-target");
  }

  private onDrop(event: DragEvent): void {
    this.host.classList.remove("is-target");
    const path = event.dataTransfer?.getData(PATH_TYPE) ?? "";
    const text = event.dataTransfer?.getData("text/plain") ?? "";
    if (path === "" && text === "") return;
    event.preventDefault();
    const at = offsetFromPoint(this.host, event.clientX, event.clientY, this.state.source.length);
    this.host.focus();
    if (path !== "") this.insertPath(path, at);
    else this.apply(insert(select(this.state, at, at), pasted(text, this.options.multiline)));
  }
}
