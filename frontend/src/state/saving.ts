/**
 * Saving by itself: one call at a time, with the revision that the change was made on.
 *
 * What was changed elsewhere in the meantime is never written over: the server refuses, and `conflict`
 * holds what the other saved until somebody decides.
 */
import { batch, effect, signal, untracked } from "@preact/signals";
import { ApiError, get, post } from "../api/client";
import type { Saved, StaleDraft, State } from "../api/types";
import type { Definition } from "../definition/types";
import { completeAll } from "../definition/complete";
import { carrier, changesBetween, merge, same, type Merged, type Side } from "../definition/merge";
import * as store from "./store";

const PAUSE = 800;
const FIRST_RETRY = 2000;
const LAST_RETRY = 60_000;

/** What somebody else saved while this draft was changed. */
export const conflict = signal<StaleDraft | null>(null);

/** The draft as the server has it: what a merge starts from. */
let known: Definition = store.EMPTY;
let busy: Promise<void> | null = null;
let retries = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let channel: BroadcastChannel | null = null;

/** Whether the draft, seen or waiting while a version is looked at, has what the server has not. */
export const unsaved = (): boolean => store.ownDraft.value !== null && store.ownDraft.value !== known;

/** Take over what the server answered when the page was opened. */
export function begin(state: State): void {
  known = completeAll(state.draft);
  batch(() => {
    store.load(known);
    store.revision.value = state.revision;
    store.problems.value = state.problems;
    store.connections.value = state.connections;
    store.members.value = state.members;
    store.live.value = state.workflow.live;
    store.workflowStatus.value = state.workflow.status;
    store.workflowName.value = state.workflow.name;
    store.saving.value = { state: "saved", at: state.saved_at };
  });
}

/** Save every change from now on. Returns what ends it. */
export function watch(name: string): () => void {
  const stop = effect(() => {
    if (unsaved()) untracked(() => conflict.value || schedule(PAUSE));
  });
  const leaving = (event: BeforeUnloadEvent) => {
    if (unsaved()) event.preventDefault();
  };
  const online = () => unsaved() && schedule(0);
  const visible = () => {
    if (document.visibilityState === "hidden") void saveNow();
    else void lookForOthers();
  };
  addEventListener("beforeunload", leaving);
  addEventListener("online", online);
  document.addEventListener("visibilitychange", visible);
  if ("BroadcastChannel" in globalThis) {
    channel = new BroadcastChannel(`tandem-editor-${name}`);
    channel.onmessage = (message: MessageEvent<{ revision: number }>) => {
      if (message.data.revision > store.revision.value) void lookForOthers();
    };
  }
  return () => {
    stop();
    clearTimeout(timer);
    removeEventListener("beforeunload", leaving);
    removeEventListener("online", online);
    document.removeEventListener("visibilitychange", visible);
    channel?.close();
    channel = null;
  };
}

function schedule(delay: number): void {
  clearTimeout(timer);
  if (store.saving.value.state !== "saving") store.saving.value = { state: "dirty" };
  timer = setTimeout(() => void saveOnce(), delay);
}

/** Save what is not saved yet, also what comes meanwhile; returns whether the server has everything now. */
export async function saveNow(): Promise<boolean> {
  do {
    if (!(await saveOnce())) return false;
  } while (unsaved());
  return true;
}

/** Save what is not saved yet; returns whether the server took it. */
async function saveOnce(): Promise<boolean> {
  clearTimeout(timer);
  if (busy) await busy;
  if (conflict.value) return false;
  if (!unsaved()) {
    if (store.saving.value.state === "dirty") store.saving.value = { state: "saved", at: new Date().toISOString() };
    return true;
  }
  busy ??= send().finally(() => {
    busy = null;
  });
  await busy;
  return ["saved", "dirty", "saving"].includes(store.saving.value.state);
}

async function send(): Promise<void> {
  const sent = store.ownDraft.value;
  if (!sent) return;
  store.saving.value = { state: "saving" };
  try {
    const saved = await post<Saved>("draft", { definition: sent, revision: store.revision.value });
    retries = 0;
    accept(sent, saved);
  } catch (error) {
    refuse(error);
  }
}

function accept(sent: Definition, saved: Saved): void {
  known = sent;
  batch(() => {
    store.revision.value = saved.revision;
    if (!same(store.problems.value, saved.problems)) store.problems.value = saved.problems;
    store.saving.value = { state: "saved", at: saved.saved_at };
  });
  channel?.postMessage({ revision: saved.revision });
  if (unsaved()) schedule(PAUSE);
}

function refuse(error: unknown): void {
  if (!(error instanceof ApiError)) {
    store.saving.value = { state: "failed", reason: "Something went wrong on this page.", remedy: "Try again, then reload the page." };
    reportError(error);
    return;
  }
  if (error.status === 409 && error.body["draft"]) {
    batch(() => {
      const stale = error.body as unknown as StaleDraft;
      conflict.value = { ...stale, draft: completeAll(stale.draft) };
      store.saving.value = { state: "conflict" };
    });
    return;
  }
  store.saving.value = error.offline
    ? { state: "offline" }
    : { state: "failed", reason: error.message, remedy: error.remedy, signedOut: error.signedOut };
  // What is refused for its shape stays refused until it is changed.
  if (error.status === 400 || error.status === 403 || error.status === 404) return;
  timer = setTimeout(() => void saveOnce(), Math.min(FIRST_RETRY * 2 ** retries++, LAST_RETRY));
}

/** Both joined, with `choices` where both changed the same. */
export function joined(choices: ReadonlyMap<string, Side>): Merged | null {
  const [stale, mine] = [conflict.value, store.ownDraft.value];
  return stale && mine && merge(known, mine, stale.draft, choices);
}

/** What the other did since the draft that both began with. */
export const theirChanges = (): string[] => (conflict.value ? changesBetween(known, conflict.value.draft) : []);

/** Go on with both joined; undo takes back what was mine alone. */
export function takeMerged(choices: ReadonlyMap<string, Side>): void {
  const result = joined(choices);
  if (result) settle(result.definition, choices);
}

/** Go on with what the other saved; undo joins mine to it. */
export function takeTheirs(): void {
  const stale = conflict.value;
  if (stale) settle(stale.draft, new Map(), "Load what was saved elsewhere");
}

function settle(draft: Definition, choices: ReadonlyMap<string, Side>, label = ""): void {
  const [stale, mine] = [conflict.value, store.ownDraft.value];
  if (!stale || !mine) return;
  const carry = carrier(known, mine, stale.draft, choices);
  batch(() => {
    known = stale.draft;
    store.revision.value = stale.revision;
    conflict.value = null;
    store.rebase(carry, same(draft, stale.draft) ? stale.draft : draft, label);
  });
  if (unsaved()) schedule(0);
  else {
    store.saving.value = { state: "saved", at: new Date().toISOString() };
    void refresh();
  }
}

/** What others saved is shown at once where nothing of one's own is unsaved. */
export async function lookForOthers(): Promise<void> {
  if (busy || conflict.value) return;
  if (unsaved()) return void saveNow();
  if (store.viewing.value) return;
  try {
    const state = await get<State>("state");
    if (unsaved() || conflict.value || busy || store.viewing.value) return;
    const before = known;
    const newer = state.revision > store.revision.value;
    batch(() => {
      if (newer) {
        known = completeAll(state.draft);
        store.revision.value = state.revision;
        store.rebase(carrier(before, before, known), known);
      }
      take(state);
    });
    if (newer) changedElsewhere.value = { by: state.saved_by, before, after: known };
  } catch (error) {
    if (!(error instanceof ApiError)) reportError(error);
  }
}

/** Take back what another saved, as a change of one's own; what was done here since then stays. */
export function takeBack({ by, before, after }: Elsewhere): void {
  store.edit(`Take back what ${by || "somebody"} saved`, (draft) => merge(after, draft, before).definition);
}

/** Take over a draft that the server has saved for us: one entry of the history, nothing to save. */
export function adopt(label: string, draft: Definition, saved: Saved): void {
  batch(() => {
    known = draft;
    store.edit(label, () => draft);
    store.revision.value = saved.revision;
    if (!same(store.problems.value, saved.problems)) store.problems.value = saved.problems;
    store.saving.value = { state: "saved", at: saved.saved_at };
  });
  channel?.postMessage({ revision: saved.revision });
}

/** Ask the server anew for problems, connections and what is live. */
export async function refresh(): Promise<void> {
  try {
    const state = await get<State>("state");
    batch(() => take(state));
  } catch (error) {
    if (!(error instanceof ApiError)) reportError(error);
  }
}

function take(state: State): void {
  if (state.revision === store.revision.value) store.problems.value = state.problems;
  store.connections.value = state.connections;
  store.members.value = state.members;
  store.live.value = state.workflow.live;
  store.workflowStatus.value = state.workflow.status;
}

export interface Elsewhere {
  by: string;
  before: Definition;
  after: Definition;
}

/** Set when a draft saved elsewhere was taken over by itself. */
export const changedElsewhere = signal<Elsewhere | null>(null);
