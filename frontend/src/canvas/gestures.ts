/** Pointer, wheel and fingers on the canvas: pan, zoom, and steps that are dragged. */
import type { Layout } from "./layout";
import { cancelDrag, drag, drop, moveDrag, panAtEdge, startDrag } from "./dragging";
import { frame, pan, view, zoomBy, zoomTo } from "./view";

const SLOP = 5;
const LONG_PRESS = 350;

interface Point {
  x: number;
  y: number;
}

/** Listen on the canvas' frame. Returns what ends it. `layout` gives what is drawn now. */
export function listen(element: HTMLElement, layout: () => Layout): () => void {
  const pointers = new Map<number, Point>();
  let pressed: { id: string; at: Point; pointer: number } | null = null;
  let panning = false;
  let moved = false;
  let space = false;
  let press: ReturnType<typeof setTimeout> | undefined;
  let pinch: { distance: number; zoom: number; middle: Point } | null = null;
  let turning = 0;

  const local = (event: { clientX: number; clientY: number }): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const begin = (id: string, at: Point, pointer: number) => {
    startDrag(id, layout(), at.x, at.y);
    if (!drag.value) return;
    element.setPointerCapture(pointer);
    const turn = () => {
      panAtEdge(frame.value.width, frame.value.height);
      if (drag.value) turning = requestAnimationFrame(turn);
    };
    turning = requestAnimationFrame(turn);
  };

  const down = (event: PointerEvent) => {
    const target = event.target as Element;
    if (target.closest(".cv-float, .cv-plus, .cv-more, .cv-note")) return;
    const at = local(event);
    pointers.set(event.pointerId, at);
    moved = false;
    if (pointers.size === 2) {
      clearTimeout(press);
      pressed = null;
      const [one, other] = [...pointers.values()] as [Point, Point];
      pinch = { distance: Math.hypot(one.x - other.x, one.y - other.y), zoom: view.value.zoom, middle: middleOf(one, other) };
      return;
    }
    const card = target.closest<HTMLElement>("[data-spot]")?.dataset["spot"];
    if (card && event.button === 0 && !space && card !== "trigger" && !card.includes("/")) {
      pressed = { id: card, at, pointer: event.pointerId };
      if (event.pointerType === "touch") {
        press = setTimeout(() => pressed && begin(pressed.id, pressed.at, pressed.pointer), LONG_PRESS);
        panning = true;
      }
      return;
    }
    panning = event.button === 0 || event.button === 1;
    if (event.button === 1) event.preventDefault();
  };

  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const at = local(event);
    if (pinch && pointers.size === 2) {
      pointers.set(event.pointerId, at);
      const [one, other] = [...pointers.values()] as [Point, Point];
      const middle = middleOf(one, other);
      pan(middle.x - pinch.middle.x, middle.y - pinch.middle.y);
      pinch.middle = middle;
      zoomTo((pinch.zoom * Math.hypot(one.x - other.x, one.y - other.y)) / pinch.distance, middle);
      return;
    }
    if (drag.value) {
      pointers.set(event.pointerId, at);
      return moveDrag(layout(), at.x, at.y);
    }
    if (!moved && Math.hypot(at.x - before.x, at.y - before.y) < SLOP) return;
    if (!moved) {
      moved = true;
      clearTimeout(press);
      if (pressed && event.pointerType !== "touch") {
        begin(pressed.id, pressed.at, pressed.pointer);
        return moveDrag(layout(), at.x, at.y);
      }
      if (panning) element.setPointerCapture(event.pointerId);
    }
    if (panning) pan(at.x - before.x, at.y - before.y);
    pointers.set(event.pointerId, at);
  };

  const up = (event: PointerEvent) => {
    pointers.delete(event.pointerId);
    clearTimeout(press);
    cancelAnimationFrame(turning);
    if (drag.value) {
      moved = true;
      if (event.type === "pointercancel") cancelDrag();
      else drop();
    }
    pressed = null;
    panning = false;
    if (pointers.size < 2) pinch = null;
  };

  // A press that became a drag or a pan is no click.
  const click = (event: MouseEvent) => {
    if (!moved) return;
    moved = false;
    event.stopPropagation();
    event.preventDefault();
  };

  const wheel = (event: WheelEvent) => {
    if ((event.target as Element).closest(".cv-float")) return;
    event.preventDefault();
    const size = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 18 : 1;
    if (event.ctrlKey || event.metaKey) zoomBy(Math.exp((-event.deltaY * size) / 300), local(event));
    else if (event.shiftKey && !event.deltaX) pan(-event.deltaY * size, 0);
    else pan(-event.deltaX * size, -event.deltaY * size);
  };

  const key = (event: KeyboardEvent) => {
    if (event.key === " " && event.target === document.body) {
      space = event.type === "keydown";
      element.classList.toggle("is-grabbing", space);
      if (space) event.preventDefault();
    }
    if (event.key === "Escape" && event.type === "keydown" && drag.value) {
      event.stopPropagation();
      cancelDrag();
    }
  };
  // The browser scrolls a hidden overflow to what gets the focus; the view does this itself.
  const scroll = () => element.scrollTo(0, 0);

  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", up);
  element.addEventListener("click", click, true);
  element.addEventListener("wheel", wheel, { passive: false });
  element.addEventListener("scroll", scroll);
  addEventListener("keydown", key, true);
  addEventListener("keyup", key, true);
  return () => {
    element.removeEventListener("pointerdown", down);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", up);
    element.removeEventListener("pointercancel", up);
    element.removeEventListener("click", click, true);
    element.removeEventListener("wheel", wheel);
    element.removeEventListener("scroll", scroll);
    removeEventListener("keydown", key, true);
    removeEventListener("keyup", key, true);
  };
}

const middleOf = (one: Point, other: Point): Point => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
