import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { locate } from "../definition/walk";
import * as store from "../state/store";
import { Menu } from "../ui";
import * as acts from "./acts";
import { rem } from "./Card";
import { Controls } from "./Controls";
import { Boxes, Cards, Lines, Notes, Pluses } from "./Drawing";
import { drag } from "./dragging";
import { listen } from "./gestures";
import { helping, onCanvasKey, onClipboard, onPageKey, searching } from "./keys";
import { CARD, layout } from "./layout";
import { menuItems } from "./menu";
import { MiniMap } from "./MiniMap";
import { emptyBranch } from "./nav";
import { Picker, StepSearch } from "./Picker";
import { Shortcuts } from "./Shortcuts";
import { frame, home, pan, reveal, view } from "./view";

/** The workflow as a tree of cards. */
export function Canvas() {
  const drawn = useComputed(() => layout(store.definition.value));
  const outer = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const menu = useSignal<{ id: string; x: number; y: number } | null>(null);

  useLayoutEffect(() => {
    const element = outer.current;
    if (!element) return;
    const measure = () => {
      const before = frame.peek();
      frame.value = { width: element.clientWidth, height: element.clientHeight };
      // The panel came or went: what was in the middle stays there, and what was chosen in sight.
      if (!before.width || before.width === element.clientWidth) return;
      pan((element.clientWidth - before.width) / 2, 0);
      const card = drawn.peek().cards.find((one) => one.id === acts.spot.peek());
      if (card) reveal({ x: card.x, y: card.y, ...CARD });
    };
    measure();
    home(drawn.value);
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    const end = listen(element, () => drawn.value);
    document.addEventListener("keydown", onPageKey);
    return () => {
      watcher.disconnect();
      end();
      document.removeEventListener("keydown", onPageKey);
    };
  }, []);

  useSignalEffect(() => {
    const { x, y, zoom } = view.value;
    if (layer.current) layer.current.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    if (outer.current) {
      const dots = 24 * (zoom < 0.5 ? 2 : 1) * zoom;
      outer.current.style.backgroundPosition = `${x}px ${y}px`;
      outer.current.style.backgroundSize = `${dots}px ${dots}px`;
    }
  });

  const wanted = acts.focusWanted.value;
  useLayoutEffect(() => {
    if (!wanted) return;
    const element = outer.current?.querySelector<HTMLElement>(`[data-spot="${CSS.escape(acts.spot.value)}"]`);
    element?.focus({ preventScroll: true });
  }, [wanted]);
  useStillThere();
  useFocusBack();

  const openMenu = (id: string, x?: number, y?: number) => {
    if (emptyBranch(id)) return;
    const box = outer.current?.querySelector(`[data-spot="${CSS.escape(id)}"]`)?.getBoundingClientRect();
    menu.value = { id, x: x ?? (box?.left ?? 0) + 24, y: y ?? (box?.top ?? 0) + 48 };
  };
  const spotOf = (target: EventTarget | null) => (target as Element | null)?.closest<HTMLElement>("[data-spot]")?.dataset["spot"] ?? null;
  const { width, height } = drawn.value;
  return (
    <div
      ref={outer}
      class={`cv${drag.value ? " is-dragging" : ""}`}
      onContextMenu={(event) => {
        const id = spotOf(event.target);
        if (!id) return;
        event.preventDefault();
        acts.spot.value = id;
        openMenu(id, event.clientX, event.clientY);
      }}
    >
      <div ref={layer} class="cv-layer" style={{ width: rem(width), height: rem(height) }}>
        <Lines drawn={drawn.value} />
        <Boxes drawn={drawn.value} />
        <div
          role="tree"
          aria-label="Steps of the workflow"
          aria-multiselectable={false}
          class="cv-tree"
          onClick={(event) => {
            const id = spotOf(event.target);
            if (!id) return;
            const empty = emptyBranch(id);
            if (!empty) return acts.select(id);
            if (store.readOnly.value) return;
            const { right, top } = (event.target as Element).getBoundingClientRect();
            acts.picking.value = { place: { parent: empty.step, slot: empty.slot, index: 0 }, x: right + 8, y: top - 40 };
          }}
          onFocusIn={(event) => {
            const id = spotOf(event.target);
            if (!id) return;
            acts.spot.value = id;
            const card = drawn.value.cards.find((one) => one.id === id);
            const plus = drawn.value.pluses.find((one) => `${one.place.parent}/${one.place.slot}` === id && one.empty);
            if (card) reveal({ x: card.x, y: card.y, ...CARD });
            else if (plus) reveal({ x: plus.x - 60, y: plus.y - 60, width: 120, height: 100 });
          }}
          onKeyDown={(event) => {
            if (onCanvasKey(event, drawn.value, openMenu)) event.preventDefault();
          }}
          onCopy={onClipboard}
          onCut={onClipboard}
          onPaste={onClipboard}
        >
          <Cards drawn={drawn.value} onMenu={openMenu} />
        </div>
        <Pluses drawn={drawn.value} />
        <Notes drawn={drawn.value} onOpen={acts.editNote} />
      </div>
      <Ghost />
      <Controls drawn={drawn.value} />
      {drawn.value.cards.length > 15 && frame.value.width > 620 && frame.value.height > 480 && <MiniMap drawn={drawn.value} />}
      <Picker />
      {searching.value && <StepSearch onClose={() => ((searching.value = false), acts.focusOn(acts.spot.value))} />}
      {helping.value && <Shortcuts onClose={() => (helping.value = false)} />}
      {menu.value && (
        <Menu
          label={`Step ${locate(store.definition.value, menu.value.id)?.step.name ?? ""}`}
          items={menuItems(menu.value.id)}
          at={menu.value}
          onClose={() => {
            menu.value = null;
            acts.focusOn(acts.spot.value);
          }}
        />
      )}
    </div>
  );
}

/** When the panel closes under the focus, the focus goes back to the card. */
function useFocusBack(): void {
  const open = store.panelOpen.value;
  const before = useRef(open);
  useLayoutEffect(() => {
    if (before.current && !open && document.activeElement === document.body) acts.focusOn(acts.spot.peek());
    before.current = open;
  }, [open]);
}

/** A spot that is gone gives its place to what is around it. */
function useStillThere(): void {
  useSignalEffect(() => {
    const now = acts.spot.peek();
    const id = emptyBranch(now)?.step ?? now;
    if (id !== "trigger" && !locate(store.definition.value, id)) acts.spot.value = "trigger";
  });
}

/** What is seen at the pointer of a step that is dragged. */
function Ghost() {
  const now = drag.value;
  const step = now && locate(store.definition.value, now.id)?.step;
  if (!now || !step) return null;
  const more = now.along.size - 1;
  return (
    <div class="cv-ghost" style={{ left: `${now.x}px`, top: `${now.y}px` }} aria-hidden="true">
      <strong>{step.name}</strong>
      {more > 0 && <span>{more === 1 ? "and 1 step in it" : `and ${more} steps in it`}</span>}
    </div>
  );
}
