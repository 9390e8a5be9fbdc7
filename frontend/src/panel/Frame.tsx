/** The panel's frame: its heading, its width that can be changed, and the data tree beside its content. */

import type { ComponentChildren } from "preact";
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

import { panelOpen } from "../state/store";
import { Button, Icon } from "../ui";
import { DataTree } from "./tree/DataTree";

const KEPT = "tandem.editor.panel";
const TREE_KEPT = "tandem.editor.tree";
const LEAST = 22;
const MOST = 72;
const STEP = 2;

const width = signal(readWidth());
const treeKept = signal(localStorage.getItem(TREE_KEPT) !== "closed");

/** On a phone, or zoomed far, the tree would leave no room for the fields: there it is opened when it is wanted. */
const narrow = matchMedia("(max-width: 40rem), (max-height: 40rem)");
const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", () => (isNarrow.value = narrow.matches));

function readWidth(): number {
  const kept = Number(localStorage.getItem(KEPT));
  return kept >= LEAST && kept <= MOST ? kept : 36;
}

function setWidth(rem: number): void {
  width.value = Math.max(LEAST, Math.min(MOST, Math.round(rem * 4) / 4));
  localStorage.setItem(KEPT, String(width.value));
}

export interface FrameProps {
  title: string;
  kind: ComponentChildren;
  tabs?: ComponentChildren;
  /** The step whose data the tree shows; without one there is no tree. */
  treeOf?: string | null;
  /** Whether the tree waits until somebody opens it: where there is little to fill. */
  treeWaits?: boolean;
  children: ComponentChildren;
}

export function Frame({ title, kind, tabs, treeOf = null, treeWaits = false, children }: FrameProps) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.style.setProperty("--pn-width", `${width.value}rem`);
  }, [width.value]);
  return (
    <aside
      ref={box}
      class="pn"
      aria-label={`Settings of ${title}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        panelOpen.value = false;
      }}
    >
      <Resizer box={box} />
      <header class="pn-top">
        <div class="pn-kind">{kind}</div>
        <h2 class="pn-title">{title}</h2>
        <Button look="quiet" icon="close" label="Close the panel" onClick={() => (panelOpen.value = false)} />
      </header>
      {tabs}
      <div class="pn-body">
        <div class="pn-split">
          <div class="pn-content">{children}</div>
          {treeOf !== null && <TreeDock key={`${treeOf} ${treeWaits}`} stepId={treeOf} waits={treeWaits || isNarrow.value} />}
        </div>
      </div>
    </aside>
  );
}

function TreeDock({ stepId, waits }: { stepId: string; waits: boolean }) {
  const [opened, setOpened] = useState(false);
  const isShown = waits ? opened : treeKept.value;
  const toggle = (): void => {
    if (waits) {
      setOpened(!opened);
      return;
    }
    treeKept.value = !isShown;
    localStorage.setItem(TREE_KEPT, isShown ? "closed" : "open");
  };
  return (
    <div class={isShown ? "pn-dock is-open" : "pn-dock"}>
      <button type="button" class="pn-dock-toggle" aria-expanded={isShown} onClick={toggle}>
        <Icon name="braces" size={1} /> {isShown ? "Data" : "Pick data"}
        <Icon name={isShown ? "chevronDown" : "chevronRight"} size={1} />
      </button>
      {isShown && <DataTree key={stepId} stepId={stepId} />}
    </div>
  );
}

/** The panel's edge: dragged, or moved with the arrows. */
function Resizer({ box }: { box: { current: HTMLElement | null } }) {
  const rem = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const onPointerDown = (event: PointerEvent): void => {
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    const right = box.current?.getBoundingClientRect().right ?? innerWidth;
    const move = (moved: PointerEvent): void => setWidth((right - moved.clientX) / rem());
    const end = (): void => handle.removeEventListener("pointermove", move);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  };
  return (
    <div
      class="pn-edge"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the panel"
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={Math.round(width.value)}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") setWidth(width.value + STEP);
        else if (event.key === "ArrowRight") setWidth(width.value - STEP);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
