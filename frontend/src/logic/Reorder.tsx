/* A list whose rows can be put into another order, by dragging a handle or with the arrow keys on it. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

import { readOnly } from "../state/store";
import { Icon, announce } from "../ui";

interface ReorderProps<T> {
  items: readonly T[];
  keyOf: (item: T, index: number) => string;
  /** What a row is called in announcements, such as "Case “Big”". */
  nameOf: (item: T, index: number) => string;
  onMove: (from: number, to: number) => void;
  /** The row; `handle` stands where the row wants it. */
  children: (item: T, index: number, handle: ComponentChildren) => ComponentChildren;
}

/** Return the list with one item at another place. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const rest = items.filter((_, index) => index !== from);
  const item = items[from];
  if (item === undefined) return [...items];
  rest.splice(Math.min(Math.max(to, 0), rest.length), 0, item);
  return rest;
}

export function Reorder<T>(props: ReorderProps<T>) {
  const list = useRef<HTMLOListElement>(null);
  const [drag, setDrag] = useState<{ from: number; over: number } | null>(null);
  const move = (from: number, to: number) => {
    const item = props.items[from];
    if (to < 0 || to >= props.items.length || to === from || item === undefined) return;
    props.onMove(from, to);
    announce(`${props.nameOf(item, from)}: now number ${to + 1} of ${props.items.length}.`);
  };
  const handleOf = (item: T, index: number) => {
    if (readOnly.value || props.items.length < 2) return null;
    return (
      <button
        type="button"
        class="lg-handle"
        aria-label={`Move ${props.nameOf(item, index)}: number ${index + 1} of ${props.items.length}. Use the arrow keys.`}
        onKeyDown={(event) => {
          const to = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: props.items.length - 1 }[event.key];
          if (to === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          move(index, to);
          // The row keeps its key, so the same button stands at the new place and has the focus.
          const handle = event.currentTarget;
          requestAnimationFrame(() => handle.focus());
        }}
        onPointerDown={(event) => {
          event.preventDefault();
          event.currentTarget.focus();
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: index, over: index });
        }}
        onPointerMove={(event) => {
          if (drag) setDrag({ ...drag, over: rowAt(list.current, event.clientY) });
        }}
        onPointerUp={() => {
          if (drag) move(drag.from, drag.over);
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
      >
        <Icon name="drag" size={1} />
      </button>
    );
  };
  return (
    <ol ref={list} class="lg-rows">
      {props.items.map((item, index) => (
        <li key={props.keyOf(item, index)} class={rowClass(index, drag)}>
          {props.children(item, index, handleOf(item, index))}
        </li>
      ))}
    </ol>
  );
}

function rowClass(index: number, drag: { from: number; over: number } | null): string {
  if (!drag) return "lg-row";
  if (index === drag.from) return "lg-row is-dragged";
  if (index !== drag.over) return "lg-row";
  return drag.over < drag.from ? "lg-row is-before" : "lg-row is-behind";
}

/** Return the index of the row under a height of the window. */
function rowAt(list: HTMLOListElement | null, y: number): number {
  const rows = [...(list?.children ?? [])];
  const index = rows.findIndex((row) => y < row.getBoundingClientRect().bottom);
  return index < 0 ? rows.length - 1 : index;
}
