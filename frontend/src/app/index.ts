export { App } from "./App";
export { openDialog } from "./dialogs";
export { fillSlot, slotFilled, type SlotName } from "./slots";
