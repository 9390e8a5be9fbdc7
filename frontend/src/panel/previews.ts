/** What the server says of a step on the chosen event: values of fields, the data before it. */

import { type Signal, effect, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { ApiError, post } from "../api/client";
import type { Outputs, PreviewRequest, RenderAnswer, ResolveAnswer, TreeAnswer, TreeGroup } from "../api/types";
import type { Definition, Step } from "../definition/types";
import { branches, stepById } from "../definition/walk";
import { catalog, definition, event, outputs } from "../state/store";
import { Asker } from "./asking";
import { type Offer, offersOf } from "./tree/model";

/** Milliseconds that typing must rest before a value is asked for. */
const RESOLVE_AFTER = 45;
const TREE_AFTER = 250;
/** Milliseconds after which a server that could not be reached is asked again. */
const AGAIN_AFTER = 10_000;

/** The part of a request that says on what data. */
export function previewRequest(step: string): PreviewRequest {
  const known: Outputs = outputs.value;
  return {
    definition: definition.value,
    event: event.value,
    step,
    ...(Object.keys(known).length > 0 ? { outputs: known } : {}),
  };
}

interface Kind<T> {
  path: string;
  delay: number;
  empty: T;
  /** What the answer depends on; asked anew only when it differs. */
  keyOf: (step: string) => string;
}

interface Entry<T> {
  value: Signal<T>;
  failed: Signal<string>;
  users: number;
  stop: () => void;
}

const RESOLVE: Kind<ResolveAnswer> = {
  path: "resolve",
  delay: RESOLVE_AFTER,
  empty: { fields: {}, conditions: {} },
  keyOf: () => JSON.stringify([definition.value, event.value, outputs.value]),
};

const TREE: Kind<TreeAnswer> = {
  path: "tree",
  delay: TREE_AFTER,
  empty: { groups: [] },
  keyOf: dataKey,
};

/** What the data before a step depend on. */
export function dataKey(step: string): string {
  return JSON.stringify([withoutSettingsOf(definition.value, step), event.value, outputs.value]);
}

const entries = new Map<string, Entry<unknown>>();

function entryOf<T>(kind: Kind<T>, step: string): Entry<T> {
  const key = `${kind.path}:${step}`;
  let entry = entries.get(key) as Entry<T> | undefined;
  if (entry === undefined) {
    entry = { value: signal(kind.empty), failed: signal(""), users: 0, stop: () => undefined };
    entries.set(key, entry as Entry<unknown>);
  }
  return entry;
}

function watch<T>(kind: Kind<T>, step: string, entry: Entry<T>): () => void {
  let before = "";
  const isMissing = (): boolean => entry.failed.peek() !== "";
  const asker: Asker<T> = new Asker<T>(
    () => post<T>(kind.path, previewRequest(step)),
    (value) => {
      entry.value.value = value;
      entry.failed.value = "";
    },
    (error) => {
      entry.failed.value = error instanceof Error ? error.message : "The server did not answer.";
      if (passes(error)) asker.soon(AGAIN_AFTER);
    },
    kind.delay,
  );
  const dispose = effect(() => {
    const key = kind.keyOf(step);
    if (key === before) return;
    before = key;
    asker.soon();
  });
  const again = (): void => {
    if (isMissing()) asker.soon();
  };
  addEventListener("online", again);
  return () => {
    removeEventListener("online", again);
    dispose();
    asker.stop();
  };
}

/** Whether a failure is one of the way or of the server, not of what was asked. */
function passes(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
}

function useLive<T>(kind: Kind<T>, step: string): Entry<T> {
  const entry = useMemo(() => entryOf(kind, step), [kind, step]);
  useEffect(() => {
    entry.users += 1;
    if (entry.users === 1) entry.stop = watch(kind, step, entry);
    return () => {
      entry.users -= 1;
      if (entry.users === 0) entry.stop();
    };
  }, [entry]);
  return entry;
}

/** The values of a step's fields and conditions on the chosen event, as they are typed. */
export function useResolved(stepId: string): ResolveAnswer {
  return useLive(RESOLVE, stepId).value.value;
}

/** Why there are no values: the server can't be reached, or refuses. */
export function useResolveFailure(stepId: string): string {
  return useLive(RESOLVE, stepId).failed.value;
}

export interface KnownData {
  groups: TreeGroup[];
  offers: Offer[];
  byPath: ReadonlyMap<string, Offer>;
  failed: string;
}

const known = new WeakMap<TreeGroup[], Omit<KnownData, "failed">>();

/** Everything before a step, as the data tree shows it. */
export function useKnownData(stepId: string): KnownData {
  const entry = useLive(TREE, stepId);
  const { groups } = entry.value.value;
  let data = known.get(groups);
  if (data === undefined) {
    const offers = offersOf(groups);
    data = { groups, offers, byPath: new Map(offers.map((offer) => [offer.path, offer])) };
    known.set(groups, data);
  }
  return { ...data, failed: entry.failed.value };
}

/** The definition as far as it decides what data there is before a step: without what typing changes in it. */
export function withoutSettingsOf(draft: Definition, step: string): unknown {
  const bare = (each: Step): unknown => {
    const inner = branches(each).map((branch) => [branch.slot, branch.label, branch.steps.map(bare)]);
    if (each.id === step && each.kind === "action") return [each.id, inner];
    // The steps in it stand in `inner`, each without its own.
    const { note: _note, steps: _steps, then: _then, else: _else, default: _default, on_error: _error, cases, ...settings } =
      each as Step & Record<string, unknown>;
    const conditions = Array.isArray(cases) ? cases.map((one: { condition?: unknown }) => one.condition) : [];
    return [settings, conditions, inner];
  };
  return [draft.trigger, draft.steps.map(bare), stepById(draft, step)?.kind];
}

const rendered = new Map<string, Promise<RenderAnswer>>();
const MOST_KEPT = 300;

/** Render a template on the chosen event; the same is asked once. */
export function renderTemplate(stepId: string, template: string): Promise<RenderAnswer> {
  const key = JSON.stringify([stepId, template, dataKey(stepId)]);
  const kept = rendered.get(key);
  if (kept !== undefined) return kept;
  const answer = post<RenderAnswer>("render", { template, ...previewRequest(stepId) });
  if (rendered.size >= MOST_KEPT) rendered.clear();
  rendered.set(key, answer);
  answer.catch(() => rendered.delete(key));
  return answer;
}

/** The names of filters for people. */
export function filterLabels(): ReadonlyMap<string, string> {
  return new Map(catalog.value.filters.map((filter) => [filter.name, filter.label]));
}
