/** Steps made of what the picker offers, and what was picked lately. */
import { onlyChoice } from "../connections/standing";
import { freshId, usedIds } from "../definition/edit";
import type { Definition, Step, StepBase } from "../definition/types";
import { walk } from "../definition/walk";
import { type AiPreset, defaultStep, type LogicKind } from "../logic/defaults";
import * as store from "../state/store";
import type { Offer } from "./search";

const RECENT = "tandem-recent";

export function recent(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(RECENT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function remember(key: string): void {
  keep(RECENT, JSON.stringify([key, ...recent().filter((one) => one !== key)].slice(0, 5)));
}

export function keep(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // A browser that keeps nothing: the clipboard itself still works.
  }
}

/** Make a step of what was picked. */
export function made(draft: Definition, offer: Offer): Step {
  const used = usedIds(draft);
  const id = freshId(offer.name, used);
  used.add(id);
  const fresh = (base: string) => {
    const next = freshId(base, used);
    used.add(next);
    return next;
  };
  const name = freeName(draft, offer.name);
  if (offer.kind !== "action") {
    const step = defaultStep(offer.kind as LogicKind, id, { name, preset: (offer.preset || undefined) as AiPreset, freshId: fresh });
    return step.kind === "ai" ? withModel(step) : step;
  }
  const base: StepBase = { id, name, disabled: false, note: "", on_error: null, retry: null, timeout: null };
  return { ...base, kind: "action", action: offer.ref, connection: connectionFor(offer.app?.key ?? ""), inputs: {}, run_if: null, confirmed: false };
}

const connectionFor = (app: string) =>
  onlyChoice(store.connections.value.filter((one) => one.app === app && one.status !== "disconnected"))?.code ?? "";

function withModel(step: Extract<Step, { kind: "ai" }>): Step {
  const models = store.connections.value.filter((one) => ["openai", "anthropic"].includes(one.app) && one.status !== "disconnected");
  const only = onlyChoice(models);
  return only ? { ...step, provider: only.app as "openai" | "anthropic", connection: only.code } : step;
}

function freeName(draft: Definition, name: string): string {
  const names = new Set([...walk(draft.steps)].map((step) => step.name));
  if (!names.has(name)) return name;
  for (let number = 2; ; number++) if (!names.has(`${name} ${number}`)) return `${name} ${number}`;
}
