/** Names of what is on the canvas. */
import type { CatalogApp } from "../api/types";
import type { Slot, Step, StepKind } from "../definition/types";
import { branches } from "../definition/walk";
import { LOGIC_NAMES } from "../logic/defaults";
import * as store from "../state/store";
import type { IconName } from "../ui";
import { laneName } from "./nav";

export const KIND_ICONS: Record<Exclude<StepKind, "action">, IconName> = {
  filter: "filter",
  if: "branch",
  switch: "switch",
  ai: "ai",
  code: "code",
  transform: "transform",
  delay: "delay",
  for_each: "loop",
  approval: "approval",
  wait_webhook: "webhook",
  stop: "stop",
};

export interface Shown {
  app: CatalogApp | null;
  icon: IconName;
  /** "Customer.io" or "Switch". */
  what: string;
  /** What it does there: the action's name; "" for logic. */
  does: string;
}

export function shown(step: Step): Shown {
  if (step.kind !== "action") return { app: null, icon: KIND_ICONS[step.kind], what: LOGIC_NAMES[step.kind], does: "" };
  const known = store.actionByRef(step.action);
  return known
    ? { app: known.app, icon: "bolt", what: known.app.name, does: known.action.name }
    : { app: null, icon: "bolt", what: step.action.split(".")[0] ?? "", does: "" };
}

export function branchName(step: Step, slot: Slot): string {
  const branch = branches(step).find((one) => one.slot === slot);
  return branch ? laneName(slot, branch.label) : "";
}
