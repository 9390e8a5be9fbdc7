/** What is drawn of the tree: lines, labels, places, cards. */
import { useComputed } from "@preact/signals";
import type { Slot } from "../definition/types";
import { branches, type Located, locations } from "../definition/walk";
import * as store from "../state/store";
import { Icon } from "../ui";
import { picking, spot } from "./acts";
import { Card, rem } from "./Card";
import { drag } from "./dragging";
import type { Layout, PlacedPlus } from "./layout";
import { emptySpot, laneName, standings } from "./nav";
import { slotsTaken } from "./taken";

/** For each branch, whether the last test went into it. */
function useTaken(): (branch: { step: string; slot: Slot } | null) => boolean {
  const taken = useComputed(() => {
    const all = locations(store.definition.value);
    const found = new Set<string>();
    for (const [id, results] of Object.entries(store.results.value)) {
      const step = all.get(id)?.step;
      if (step) for (const slot of slotsTaken(step, results)) found.add(emptySpot(id, slot));
    }
    return found;
  }).value;
  return (branch) => branch !== null && taken.has(emptySpot(branch.step, branch.slot));
}

export function Lines({ drawn }: { drawn: Layout }) {
  const taken = useTaken();
  const results = store.results.value;
  const reached = Object.keys(results).length > 0;
  const done = (id: string | null) =>
    id === "trigger" ? reached : id !== null && (results[id] ?? []).some((one) => one.outcome === "succeeded" || one.outcome === "skipped");
  return (
    <svg class="cv-lines" aria-hidden="true" focusable="false" width={rem(drawn.width)} height={rem(drawn.height)} viewBox={`0 0 ${drawn.width} ${drawn.height}`}>
      {drawn.edges.map((edge) => (
        <path key={edge.key} d={edge.path} class={`cv-line is-${edge.look}${edge.look !== "dead" && (taken(edge.branch) || done(edge.from)) ? " is-taken" : ""}`} />
      ))}
    </svg>
  );
}

export function Boxes({ drawn }: { drawn: Layout }) {
  const taken = useTaken();
  return (
    <>
      {drawn.boxes.map((box) => (
        <div key={box.key} class={`cv-box is-${box.look}`} style={{ left: rem(box.x), top: rem(box.y), width: rem(box.width), height: rem(box.height) }} />
      ))}
      {drawn.labels.map((label) => (
        <div
          key={label.key}
          class={`cv-label is-${label.look}${taken(label.branch) ? " is-taken" : ""}`}
          style={{ left: rem(label.x), top: rem(label.y), maxWidth: rem(label.width) }}
          aria-hidden="true"
        >
          {taken(label.branch) && <Icon name="check" size={0.75} />}
          {label.text}
        </div>
      ))}
      {drawn.ends.map((end) => (
        <div key={end.key} class={`cv-end is-${end.look}`} style={{ left: rem(end.x), top: rem(end.y) }} aria-hidden="true">
          {end.text}
        </div>
      ))}
    </>
  );
}

export function Notes({ drawn, onOpen }: { drawn: Layout; onOpen: (id: string) => void }) {
  return (
    <>
      {drawn.notes.map((note) => (
        <div key={note.id} class="cv-note" style={{ left: rem(note.x), top: rem(note.y) }} onDblClick={() => !store.readOnly.value && onOpen(note.id)} title={note.text}>
          {note.text}
        </div>
      ))}
    </>
  );
}

/** The places for another step. By keyboard the cards themselves do this, so Tab passes them by. */
export function Pluses({ drawn }: { drawn: Layout }) {
  const dragging = drag.value;
  const all = useComputed(() => locations(store.definition.value)).value;
  if (store.readOnly.value) return null;
  return (
    <>
      {drawn.pluses.map((plus) => {
        const target = dragging?.targets.has(plus.key);
        const names = ["cv-plus", plus.empty && "is-empty", plus.inError && "in-error", dragging && (target ? "is-target" : "is-shut"), dragging?.over === plus.key && "is-over"];
        const open = picking.value?.place;
        const same = open && open.parent === plus.place.parent && open.slot === plus.place.slot && open.index === plus.place.index;
        if (same) names.push("is-open");
        return (
          <button
            key={plus.key}
            type="button"
            class={names.filter(Boolean).join(" ")}
            style={{ left: rem(plus.x), top: rem(plus.y) }}
            tabIndex={-1}
            aria-label={plusLabel(plus, all)}
            data-plus={plus.key}
            onClick={(event) => {
              const { left, top, width } = event.currentTarget.getBoundingClientRect();
              picking.value = { place: plus.place, x: left + width + 8, y: top - 40 };
            }}
          >
            {dragging?.over === plus.key ? <span>Drop here</span> : <Icon name="add" size={plus.empty ? 1.125 : 1} />}
          </button>
        );
      })}
    </>
  );
}

function plusLabel({ place }: PlacedPlus, all: ReadonlyMap<string, Located>): string {
  const parent = place.parent === null ? null : all.get(place.parent)?.step;
  const siblings = parent ? (branches(parent).find((branch) => branch.slot === place.slot)?.steps ?? []) : store.definition.value.steps;
  const before = siblings[place.index - 1];
  if (before) return `Add a step after ${before.name}`;
  if (!parent) return "Add a step after the trigger";
  const lane = branches(parent).find((branch) => branch.slot === place.slot);
  return `Add a step at the start of ${parent.name}, ${laneName(place.slot, lane?.label ?? "")}`;
}

export function Cards({ drawn, onMenu }: { drawn: Layout; onMenu: (id: string, x: number, y: number) => void }) {
  const along = drag.value?.along;
  const position = useComputed(positions).value;
  const standing = useComputed(() => standings(store.definition.value)).value;
  return (
    <>
      {drawn.cards.map((card) => (
        <Card key={card.id} card={card} position={position.get(card.id) ?? { at: 1, of: 1 }} standing={standing.get(card.id)} dragged={along?.has(card.id) ?? false} onMenu={onMenu} />
      ))}
      <EmptyBranches drawn={drawn} />
    </>
  );
}

/** A branch without steps takes the focus too, so that one can be added to it by keyboard. */
function EmptyBranches({ drawn }: { drawn: Layout }) {
  const empties = drawn.pluses.filter((plus) => plus.empty && plus.place.parent !== null);
  const all = useComputed(() => locations(store.definition.value)).value;
  return (
    <>
      {empties.map(({ place, x, y, key }) => {
        const parent = all.get(place.parent ?? "");
        if (!parent) return null;
        const lane = branches(parent.step).find((branch) => branch.slot === place.slot);
        const id = emptySpot(parent.step.id, place.slot);
        return (
          <div
            key={key}
            class="cv-empty"
            style={{ left: rem(x), top: rem(y) }}
            role="treeitem"
            aria-level={parent.ancestors.length + 3}
            aria-posinset={1}
            aria-setsize={1}
            aria-selected={false}
            aria-label={`Empty, inside ${parent.step.name}, ${laneName(place.slot, lane?.label ?? "")}${store.readOnly.value ? "" : ". Press Enter to add a step."}`}
            tabIndex={spot.value === id ? 0 : -1}
            data-spot={id}
          />
        );
      })}
    </>
  );
}

function positions(): Map<string, { at: number; of: number }> {
  const map = new Map<string, { at: number; of: number }>();
  const add = (steps: readonly { id: string }[], extra: number) =>
    steps.forEach((step, index) => map.set(step.id, { at: index + 1 + extra, of: steps.length + extra }));
  const { steps } = store.definition.value;
  map.set("trigger", { at: 1, of: steps.length + 1 });
  add(steps, 1);
  const inner = (all: typeof steps) => {
    for (const step of all) {
      for (const branch of branches(step)) {
        add(branch.steps, 0);
        inner(branch.steps);
      }
    }
  };
  inner(steps);
  return map;
}
