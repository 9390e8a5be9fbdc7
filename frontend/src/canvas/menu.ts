import { locate } from "../definition/walk";
import * as store from "../state/store";
import type { MenuItem } from "../ui";
import * as acts from "./acts";
import { placeAfter } from "./nav";

/** What the menu of a card offers. */
export function menuItems(id: string): MenuItem[] {
  const step = locate(store.definition.value, id)?.step ?? null;
  const place = placeAfter(store.definition.value, id);
  const open: MenuItem = { label: "Open", icon: "edit", keys: "Enter", run: () => acts.select(id) };
  const paste: MenuItem = { label: "Paste after", icon: "paste", keys: "Ctrl+V", run: () => void (place && acts.pasteFromMenu(place)) };
  if (store.readOnly.value) return step ? [open, { label: "Copy", icon: "copy", keys: "Ctrl+C", run: () => acts.copyStep(id) }] : [open];
  if (!step) return [open, paste];
  return [
    open,
    { label: "Duplicate", icon: "duplicate", keys: "Ctrl+D", run: () => acts.duplicateStep(id), apart: true },
    { label: "Copy", icon: "copy", keys: "Ctrl+C", run: () => acts.copyStep(id) },
    { label: "Cut", icon: "cut", keys: "Ctrl+X", run: () => acts.cutStep(id) },
    paste,
    { label: step.disabled ? "Enable" : "Disable", icon: step.disabled ? "check" : "disable", keys: "D", run: () => acts.toggleDisabled(id), apart: true },
    { label: step.note ? "Edit note" : "Add note", icon: "note", keys: "N", run: () => acts.editNote(id) },
    step.on_error
      ? { label: "Remove error branch", icon: "warning", run: () => acts.removeError(id) }
      : { label: "Add error branch", icon: "warning", run: () => acts.addError(id) },
    { label: "Delete", icon: "trash", keys: "Del", run: () => acts.removeStep(id), danger: true, apart: true },
  ];
}
