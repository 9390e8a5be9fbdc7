/** What actions and triggers declare, fetched once each. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ApiError, get } from "../api/client";
import type { ActionSpec, TriggerSpec } from "../api/types";
import type { FieldSpec } from "./fields/model";

export type ActionDeclaration = Omit<ActionSpec, "inputs" | "decided_by" | "modes"> & {
  inputs: FieldSpec[];
  decided_by: string | null;
  modes: Record<string, { effect: string; idempotency: string; danger: string | null }>;
  requires_connection?: boolean;
  docs_url?: string | null;
};

export type TriggerDeclaration = Omit<TriggerSpec, "options"> & { options: FieldSpec[]; name?: string; description?: string };

export interface Declared<T> {
  spec: T | null;
  problem: string;
}

const kept = signal<Record<string, Declared<unknown>>>({});
const underWay = new Set<string>();

function useDeclaration<T>(kind: "action" | "trigger", ref: string): Declared<T> {
  const key = `${kind}:${ref}`;
  useEffect(() => {
    if (ref !== "") void load(kind, ref);
  }, [key]);
  return (kept.value[key] as Declared<T> | undefined) ?? { spec: null, problem: "" };
}

async function load(kind: "action" | "trigger", ref: string): Promise<void> {
  const key = `${kind}:${ref}`;
  if (underWay.has(key) || kept.peek()[key]?.spec != null) return;
  underWay.add(key);
  const keep = (declared: Declared<unknown>): void => {
    kept.value = { ...kept.peek(), [key]: declared };
  };
  try {
    keep({ spec: await get("spec", { [kind]: ref }), problem: "" });
  } catch (error) {
    const told = error instanceof ApiError ? `${error.message} ${error.remedy}`.trim() : "It can not be read.";
    keep({ spec: null, problem: told });
  } finally {
    underWay.delete(key);
  }
}

export function useActionSpec(ref: string): Declared<ActionDeclaration> {
  return useDeclaration<ActionDeclaration>("action", ref);
}

export function useTriggerSpec(ref: string): Declared<TriggerDeclaration> {
  return useDeclaration<TriggerDeclaration>("trigger", ref);
}

/** The declaration of an action for somebody who can wait for it. */
export async function actionSpec(ref: string): Promise<ActionDeclaration | null> {
  await load("action", ref);
  return (kept.peek()[`action:${ref}`]?.spec as ActionDeclaration | undefined) ?? null;
}
