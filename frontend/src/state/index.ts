export * from "./store";
export { adopt, changedElsewhere, conflict, refresh, saveNow, unsaved } from "./saving";
