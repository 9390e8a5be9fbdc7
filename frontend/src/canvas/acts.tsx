/** Everything that can be done to steps: said aloud, and taken back with undo. */
import { effect, signal, untracked } from "@preact/signals";
import { openDialog } from "../app/dialogs";
import { fromClipboard, paste, toClipboard } from "../definition/clipboard";
import {
  addErrorBranch,
  duplicate,
  insert,
  move,
  refusal,
  remove,
  removeErrorBranch,
  replaceStep,
  setDisabled,
} from "../definition/edit";
import type { Place } from "../definition/types";
import { locate, stepById } from "../definition/walk";
import * as store from "../state/store";
import { announce, Button, Dialog, toast } from "../ui";
import { keep, made, remember } from "./making";
import { NoteDialog } from "./NoteDialog";
import { branchName } from "./words";
import type { Spot } from "./nav";
import type { Offer } from "./search";

/** The spot that has, or gets, the focus. */
export const spot = signal<Spot>("trigger");
/** Counts up when the focus shall go to `spot`. */
export const focusWanted = signal(0);
/** Where the picker is open, and the point of the window that it stands at. */
export const picking = signal<{ place: Place; x: number; y: number } | null>(null);

export function focusOn(next: Spot): void {
  spot.value = next;
  focusWanted.value++;
}

export function select(id: string): void {
  store.openStep(id);
  spot.value = id;
}

const CLIPBOARD = "tandem-steps";
export function add(offer: Offer, place: Place): void {
  const draft = store.definition.value;
  const step = made(draft, offer);
  const no = refusal(draft, [step], place);
  if (no) return refused(no);
  remember(offer.key);
  store.edit(`Add ${step.name}`, (now) => insert(now, place, step), { select: step.id });
  store.panelOpen.value = true;
  focusOn(step.id);
  announce(`${step.name} added`);
}

export function refused(why: string): void {
  toast(why, { look: "error", duration: 8000 });
}

const named = (id: string) => stepById(store.definition.value, id)?.name ?? "Step";

export function duplicateStep(id: string): void {
  const draft = store.definition.value;
  const found = locate(draft, id);
  const result = duplicate(draft, id);
  if (!found || !result) return;
  const no = refusal(draft, [found.step], found.place);
  if (no) return refused(no);
  store.edit(`Duplicate ${found.step.name}`, () => result.definition, { select: result.id });
  focusOn(result.id);
  announce(`${found.step.name} duplicated`);
}

/** The step as text; also kept for the menu's paste where the browser guards its clipboard. */
export function copied(id: string): string | null {
  const step = stepById(store.definition.value, id);
  if (!step) return null;
  const text = toClipboard([step]);
  keep(CLIPBOARD, text);
  announce(`${step.name} copied`);
  return text;
}

export function copyStep(id: string): void {
  const text = copied(id);
  if (!text) return;
  void navigator.clipboard?.writeText(text).catch(() => undefined);
  toast(`${named(id)} copied. Paste it here or in another workflow.`);
}

export function cutStep(id: string): void {
  const text = copied(id);
  if (!text) return;
  void navigator.clipboard?.writeText(text).catch(() => undefined);
  removeStep(id, "Cut");
}

/** Paste from the menu: what the browser lets read, else what was copied in this browser last. */
export async function pasteFromMenu(place: Place): Promise<void> {
  let text = "";
  try {
    text = (await navigator.clipboard?.readText()) ?? "";
  } catch {
    text = "";
  }
  if (typeof fromClipboard(text) === "string") text = localStorage.getItem(CLIPBOARD) ?? text;
  pasteText(text, place);
}

export function pasteText(text: string, place: Place): void {
  const steps = fromClipboard(text);
  if (typeof steps === "string") return refused(steps);
  const known = new Set(store.connections.value.map((one) => one.code));
  const result = paste(store.definition.value, place, steps, known);
  if (typeof result === "string") return refused(result);
  const [first] = result.ids;
  store.edit(`Paste ${steps[0]?.name ?? "steps"}`, () => result.definition, { select: first ?? null });
  if (first) focusOn(first);
  announce(`${steps.length === 1 ? steps[0]?.name : `${steps.length} steps`} pasted`);
  if (result.foreign.length) {
    const names = result.foreign.map((step) => step.name).join(", ");
    toast(`Choose a connection of this workspace for: ${names}.`, { duration: 12000 });
  }
}

export function toggleDisabled(id: string): void {
  const step = stepById(store.definition.value, id);
  if (!step) return;
  store.edit(`${step.disabled ? "Enable" : "Disable"} ${step.name}`, (draft) => setDisabled(draft, id, !step.disabled));
  announce(`${step.name} ${step.disabled ? "enabled" : "disabled"}`);
}

export function addError(id: string): void {
  store.edit(`Add an error branch to ${named(id)}`, (draft) => addErrorBranch(draft, id));
  focusOn(`${id}/on_error`);
  announce("Error branch added");
}

export function removeError(id: string): void {
  store.edit(`Remove the error branch of ${named(id)}`, (draft) => removeErrorBranch(draft, id));
  focusOn(id);
  announce("Error branch removed");
}

export function editNote(id: string): void {
  const step = stepById(store.definition.value, id);
  if (!step) return;
  openDialog((close) => (
    <NoteDialog
      title={`Note on ${step.name}`}
      text={step.note}
      onClose={close}
      onSave={(note) => store.edit(note ? `Note on ${step.name}` : `Remove the note on ${step.name}`, (draft) => replaceStep(draft, id, (now) => (now.note === note ? now : { ...now, note })))}
    />
  ));
}

export function editWorkflowNotes(): void {
  openDialog((close) => (
    <NoteDialog
      title="Notes on the workflow"
      text={store.definition.value.notes}
      readOnly={store.readOnly.value}
      onClose={close}
      onSave={(notes) => store.edit("Notes on the workflow", (draft) => (draft.notes === notes ? draft : { ...draft, notes }))}
    />
  ));
}

export function moveStep(id: string, place: Place): boolean {
  const next = move(store.definition.value, id, place);
  if (!next || next === store.definition.value) {
    if (!next) announce(`${named(id)} can not stand there`);
    return false;
  }
  store.edit(`Move ${named(id)}`, () => next, { select: id });
  focusOn(id);
  const found = locate(next, id);
  const around = found?.parent ? `inside ${found.parent.name}, ${branchName(found.parent, found.place.slot)}, ` : "";
  announce(`${named(id)} moved: ${around}place ${(found?.place.index ?? 0) + 1} of ${found?.siblings.length ?? 0}`);
  return true;
}

/** Take a step out; asks first where others mention it. */
export function removeStep(id: string, verb: "Delete" | "Cut" = "Delete"): void {
  const result = remove(store.definition.value, id);
  if (!result) return;
  const act = () => removeNow(id, verb);
  if (!result.referring.length) return act();
  const name = named(id);
  openDialog((close) => (
    <Dialog
      title={`${verb} ${name}?`}
      size="small"
      onClose={close}
      actions={
        <>
          <Button onClick={close}>Keep it</Button>
          <Button
            look="danger"
            onClick={() => {
              close();
              act();
            }}
          >
            {verb}
          </Button>
        </>
      }
    >
      <p>{result.removed.length > 1 ? `It and the ${result.removed.length - 1} steps in it are used by:` : "It is used by:"}</p>
      <ul>
        {result.referring.map((step) => (
          <li key={step.id}>{step.name}</li>
        ))}
      </ul>
      <p>Their fields would be empty until you choose something else.</p>
    </Dialog>
  ));
}

function removeNow(id: string, verb: string): void {
  const draft = store.definition.value;
  const found = locate(draft, id);
  const result = remove(draft, id);
  if (!found || !result) return;
  const { siblings, place, parent } = found;
  const next = siblings[place.index + 1]?.id ?? siblings[place.index - 1]?.id;
  const left = next ?? (parent ? `${parent.id}/${place.slot}` : "trigger");
  store.edit(`${verb} ${found.step.name}`, () => result.definition, { select: null });
  store.panelOpen.value = false;
  focusOn(left);
  const inner = result.removed.length - 1;
  const what = inner ? `${found.step.name} and ${inner} ${inner === 1 ? "step" : "steps"} in it` : found.step.name;
  offerUndo(`${what} ${verb === "Cut" ? "cut" : "deleted"}.`);
}

/** Say what was done, with an Undo that stands there only as long as it would take back just that. */
function offerUndo(text: string): void {
  const entry = store.lastEntry.value;
  const close = toast(text, { action: { label: "Undo", run: () => store.lastEntry.value === entry && undo() } });
  const stop = effect(() => {
    if (store.lastEntry.value === entry) return;
    untracked(close);
    queueMicrotask(() => stop());
  });
}

export function undo(): void {
  const label = store.undo();
  announce(label ? `Undone: ${label}` : "Nothing to undo");
  keepSpot();
}

export function redo(): void {
  const label = store.redo();
  announce(label ? `Done again: ${label}` : "Nothing to redo");
  keepSpot();
}

// The focus goes to what the act was about; never to nothing.
function keepSpot(): void {
  const id = store.selected.value;
  const step = spot.value.split("/")[0] ?? "";
  if (id) focusOn(id);
  else focusOn(step === "trigger" || stepById(store.definition.value, step) ? spot.value : "trigger");
}
