import "./canvas.css";
export { Canvas } from "./Canvas";
export { focusOn, redo, select, undo } from "./acts";
export { summary } from "./summary";
export { shown } from "./words";
