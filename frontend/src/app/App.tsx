import { useEffect } from "preact/hooks";
import { Canvas } from "../canvas";
import { changedElsewhere, takeBack } from "../state/saving";
import { panelOpen, readOnly } from "../state/store";
import { toast, Toasts } from "../ui";
import { Conflict } from "./Conflict";
import { Dialogs } from "./dialogs";
import { Slot } from "./Slot";
import { Toolbar } from "./Toolbar";

/** The whole editor: toolbar, canvas, panel, and what lies above them. */
export function App() {
  const elsewhere = changedElsewhere.value;
  useEffect(() => {
    if (!elsewhere) return;
    const by = elsewhere.by || "Somebody";
    const action = readOnly.value ? undefined : { label: "Take it back", run: () => takeBack(elsewhere) };
    toast(`${by} changed this draft elsewhere; what was saved is shown here now.`, { action });
  }, [elsewhere]);
  return (
    <div class="ed">
      <Toolbar />
      <Slot name="banner" />
      <div class="ed-body">
        <Canvas />
        {panelOpen.value && (
          <div class="ed-panel">
            <Slot name="panel" />
          </div>
        )}
      </div>
      <Slot name="overlay" />
      <Conflict />
      <Dialogs />
      <Toasts />
    </div>
  );
}
