/** Places in the frame that other folders fill, so that the frame need not know them. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

/**
 * panel: the step's panel beside the canvas (one).
 * test, publish, history: buttons of the toolbar (one each).
 * toolbar: further things in the toolbar.
 * banner: lines above the canvas, such as "You are looking at version 3".
 * overlay: shown over everything once, such as a dialog that opens by its own signal.
 */
export type SlotName = "panel" | "test" | "publish" | "history" | "toolbar" | "banner" | "overlay";

const filled = signal<Partial<Record<SlotName, ComponentType[]>>>({});

/** Put a component into a place; it takes no properties and reads the store. */
export function fillSlot(name: SlotName, component: ComponentType): void {
  filled.value = { ...filled.value, [name]: [...(filled.value[name] ?? []), component] };
}

export function slotFilled(name: SlotName): ComponentType[] {
  return filled.value[name] ?? [];
}
