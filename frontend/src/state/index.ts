export * from "./store";
export { changedElsewhere, conflict, refresh, saveNow, unsaved } from "./saving";
