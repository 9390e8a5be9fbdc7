export { ConnectionPicker, type ConnectionPickerProps, refreshConnections } from "./ConnectionPicker";
export { choicesOf, lineOf, onlyChoice, standingOf } from "./standing";
