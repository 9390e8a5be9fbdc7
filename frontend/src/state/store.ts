/** What the editor knows: one draft, what is selected, what the server said about it. */
import { batch, computed, signal } from "@preact/signals";
import type {
  Catalog,
  CatalogAction,
  CatalogApp,
  CatalogTrigger,
  Connection,
  EventChoice,
  Live,
  Mark,
  Member,
  Outputs,
  Problem,
  StepResult,
} from "../api/types";
import type { Definition, Step } from "../definition/types";
import { stepById } from "../definition/walk";
import { EMPTY_HISTORY, type Entry, type History, type Moment, rebased, record, stepBack, stepForward } from "./history";

export const EMPTY: Definition = {
  schema: 1,
  trigger: { id: "trigger", trigger: "", connection: "", options: {} },
  steps: [],
  notes: "",
};

export type Saving =
  | { state: "saved"; at: string }
  | { state: "dirty" }
  | { state: "saving" }
  | { state: "failed"; reason: string; remedy: string; signedOut?: boolean }
  | { state: "offline" }
  | { state: "conflict" };

export const definition = signal<Definition>(EMPTY);
/** A step's id, "trigger", or null. */
export const selected = signal<string | null>(null);
/** Whether the step's panel is open; the selection stays when it is closed. */
export const panelOpen = signal(false);
export const revision = signal(0);
export const saving = signal<Saving>({ state: "saved", at: "" });
export const problems = signal<Problem[]>([]);
export const catalog = signal<Catalog>({ apps: [], logic: [], filters: [], operators: [] });
export const connections = signal<Connection[]>([]);
export const members = signal<Member[]>([]);
export const live = signal<Live | null>(null);
export const workflowName = signal("");
export const workflowStatus = signal("");
/** The event that previews and tests are shown on. */
export const event = signal<EventChoice>({ source: "sample" });
/** Step id → outputs of the last test. */
export const outputs = signal<Outputs>({});
/** Step id → its results in the last test; one for each item in a For each body. */
export const results = signal<Record<string, StepResult[]>>({});
export const readOnly = signal(false);
/** How the draft was left while another state of the workflow is looked at. */
export interface Waiting {
  definition: Definition;
  readOnly: boolean;
  selected: string | null;
}

/** The draft that waits while another state is looked at, else null. */
export const waiting = signal<Waiting | null>(null);
/** Whether another state than the draft is looked at. */
export const viewing = computed(() => waiting.value !== null);
/** The draft where it may be changed, seen or waiting; null for who may only look. */
export const ownDraft = computed<Definition | null>(() => {
  if (waiting.value) return waiting.value.readOnly ? null : waiting.value.definition;
  return readOnly.value ? null : definition.value;
});
/** Step id → how it differs from the version compared with. */
export const marks = signal<Record<string, Mark>>({});

/** The step that is selected, or null. */
export const selectedStep = computed<Step | null>(() =>
  selected.value ? stepById(definition.value, selected.value) : null,
);

/** Step id ("trigger", "" for the workflow) → its problems. */
export const problemsByStep = computed(() => {
  const map = new Map<string, Problem[]>();
  for (const problem of problems.value) {
    const list = map.get(problem.step_id);
    if (list) list.push(problem);
    else map.set(problem.step_id, [problem]);
  }
  return map;
});

const actions = computed(() => {
  const map = new Map<string, { app: CatalogApp; action: CatalogAction }>();
  for (const app of catalog.value.apps) for (const action of app.actions) map.set(action.ref, { app, action });
  return map;
});

const triggers = computed(() => {
  const map = new Map<string, { app: CatalogApp; trigger: CatalogTrigger }>();
  for (const app of catalog.value.apps) for (const trigger of app.triggers) map.set(trigger.ref, { app, trigger });
  return map;
});

export const actionByRef = (ref: string) => actions.value.get(ref) ?? null;
export const triggerByRef = (ref: string) => triggers.value.get(ref) ?? null;
export const connectionByCode = (code: string) => connections.value.find((one) => one.code === code) ?? null;

/** Open the panel on a step, or on the trigger. */
export function openStep(id: string): void {
  selected.value = id;
  panelOpen.value = true;
}

export interface EditOptions {
  /** Edits of the same key within a second become one entry of the history: typing in one field. */
  merge?: string;
  /** What is selected behind it. */
  select?: string | null;
}

const history = signal<History>(EMPTY_HISTORY);
/** The newest entry: another one as soon as anything is changed, undone or done again. */
export const lastEntry = computed<Entry | null>(() => history.value.past.at(-1) ?? null);
/** What undo would take back, such as "Move step"; null when there is nothing. */
export const undoLabel = computed(() => history.value.past.at(-1)?.label ?? null);
export const redoLabel = computed(() => history.value.future[0]?.label ?? null);

const now = (): Moment => ({ draft: definition.value, selected: selected.value });

/**
 * Change the draft: one entry of the history, saved by itself.
 *
 * `change` gets the draft and returns the new one; it must not write into the old. Returning the
 * same object changes nothing. `label` is what undo offers: "Move step".
 */
export function edit(label: string, change: (draft: Definition) => Definition, options: EditOptions = {}): void {
  if (readOnly.value) return;
  const before = now();
  const draft = change(before.draft);
  if (draft === before.draft) return;
  const after = { draft, selected: options.select === undefined ? before.selected : options.select };
  const entry = { label, before, after, merge: options.merge ?? null, at: Date.now() };
  batch(() => {
    history.value = record(history.value, entry);
    show(after);
  });
}

export function undo(): string | null {
  const step = readOnly.value ? null : stepBack(history.value);
  if (!step) return null;
  batch(() => {
    history.value = step.history;
    show(step.entry.before);
  });
  return step.entry.label;
}

export function redo(): string | null {
  const step = readOnly.value ? null : stepForward(history.value);
  if (!step) return null;
  batch(() => {
    history.value = step.history;
    show(step.entry.after);
  });
  return step.entry.label;
}

/**
 * Lay what another saved below everything that was done here: undo never takes it back.
 *
 * `carry` adds the other's changes to a draft of the history; `draft` is how it stands now. With
 * `label` coming to it is an entry of its own, which undo leads back from.
 */
export function rebase(carry: (draft: Definition) => Definition, draft: Definition, label = ""): void {
  const mine = waiting.value?.definition ?? definition.value;
  const at = waiting.value?.selected ?? selected.value;
  const moment = (one: Definition): Moment => ({ draft: one, selected: at });
  const past = rebased(history.value, carry);
  const entry = { label, before: moment(carry(mine)), after: moment(draft), merge: null, at: Date.now() };
  batch(() => {
    history.value = label && entry.before.draft !== draft ? record(past, entry) : past;
    if (waiting.value) waiting.value = { ...waiting.value, definition: draft };
    else show(moment(draft));
  });
}

function show(moment: Moment): void {
  definition.value = moment.draft;
  const id = moment.selected;
  const there = id === null || id === "trigger" || stepById(moment.draft, id) !== null;
  selected.value = there ? id : null;
  if (!selected.value) panelOpen.value = false;
}

/** Begin with what the server has: nothing to take back. */
export function load(draft: Definition): void {
  batch(() => {
    history.value = EMPTY_HISTORY;
    definition.value = draft;
  });
}
