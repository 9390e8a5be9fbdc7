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
import { changesBetween, merge, same, type Merged, type Side } from "../definition/merge";
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

export const unsaved = (): boolean => !store.readOnly.value && store.definition.value !== known;

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
    store.definition.value;
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
  timer = setTimeout(() => void saveNow(), delay);
}

/** Save what is not saved yet; returns whether the server has everything now. */
export async function saveNow(): Promise<boolean> {
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
  return !unsaved();
}

async function send(): Promise<void> {
  const sent = store.definition.value;
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
  if (!(error instanceof ApiError)) throw error;
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
    : { state: "failed", reason: error.message, remedy: error.remedy };
  // What is refused for its shape stays refused until it is changed.
  if (error.status === 400 || error.status === 403 || error.status === 404) return;
  timer = setTimeout(() => void saveNow(), Math.min(FIRST_RETRY * 2 ** retries++, LAST_RETRY));
}

/** Both joined, with `choices` where both changed the same. */
export function joined(choices: ReadonlyMap<string, Side>): Merged | null {
  const stale = conflict.value;
  return stale && merge(known, store.definition.value, stale.draft, choices);
}

/** What the other did since the draft that both began with. */
export const theirChanges = (): string[] => (conflict.value ? changesBetween(known, conflict.value.draft) : []);

/** Go on with both joined; what was mine alone stays in the history. */
export function takeMerged(choices: ReadonlyMap<string, Side>): void {
  const result = joined(choices);
  if (result) settle("Merge with what was saved elsewhere", result.definition);
}

/** Go on with what the other saved; what was mine stays in the history. */
export function takeTheirs(): void {
  const stale = conflict.value;
  if (stale) settle("Load what was saved elsewhere", stale.draft);
}

function settle(label: string, draft: Definition): void {
  const stale = conflict.value;
  if (!stale) return;
  batch(() => {
    known = stale.draft;
    store.revision.value = stale.revision;
    conflict.value = null;
    store.edit(label, () => (same(draft, stale.draft) ? stale.draft : draft));
  });
  if (unsaved()) schedule(0);
  else {
    store.saving.value = { state: "saved", at: new Date().toISOString() };
    void refresh();
  }
}

/** What others saved is shown at once where nothing of one's own is unsaved. */
export async function lookForOthers(): Promise<void> {
  if (busy || conflict.value || store.viewing.value) return;
  if (unsaved()) return void saveNow();
  try {
    const state = await get<State>("state");
    if (unsaved() || conflict.value || busy || store.viewing.value) return;
    const newer = state.revision > store.revision.value;
    batch(() => {
      if (newer) {
        known = completeAll(state.draft);
        store.revision.value = state.revision;
        if (store.readOnly.value) store.load(known);
        else store.edit(`Load what ${state.saved_by || "somebody"} saved`, () => known);
      }
      take(state);
    });
    if (newer) changedElsewhere.value = { by: state.saved_by, revision: state.revision };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
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
    if (!(error instanceof ApiError)) throw error;
  }
}

function take(state: State): void {
  if (state.revision === store.revision.value) store.problems.value = state.problems;
  store.connections.value = state.connections;
  store.members.value = state.members;
  store.live.value = state.workflow.live;
  store.workflowStatus.value = state.workflow.status;
}

/** Set when a draft saved elsewhere was taken over by itself. */
export const changedElsewhere = signal<{ by: string; revision: number } | null>(null);
