import { Canvas } from "../canvas";
import { panelOpen } from "../state/store";
import { Toasts } from "../ui";
import { Dialogs } from "./dialogs";
import { Slot } from "./Slot";

/** The whole editor: toolbar, canvas, panel, and what lies above them. */
export function App() {
  return (
    <div class="ed">
      <Slot name="banner" />
      <div class="ed-body">
        <Canvas />
        {panelOpen.value && <Slot name="panel" />}
      </div>
      <Slot name="overlay" />
      <Dialogs />
      <Toasts />
    </div>
  );
}
