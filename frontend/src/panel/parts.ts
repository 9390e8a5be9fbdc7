/** Places in the panel that other folders fill, so that the panel need not know them. */

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

export interface PartProps {
  /** A step's id, or "trigger". */
  stepId: string;
}

/**
 * test: what the tab Test shows for a step.
 * event: chooses the event that values are shown on; stands above the data tree and on the trigger.
 */
export type PartName = "test" | "event";

const parts = signal<Partial<Record<PartName, ComponentType<PartProps>>>>({});

/** Put a component into a place of the panel. */
export function fillPanel(name: PartName, component: ComponentType<PartProps>): void {
  parts.value = { ...parts.value, [name]: component };
}

export function panelPart(name: PartName): ComponentType<PartProps> | null {
  return parts.value[name] ?? null;
}
