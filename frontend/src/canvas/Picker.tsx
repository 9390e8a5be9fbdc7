import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CatalogApp } from "../api/types";
import type { StepKind } from "../definition/types";
import { walk } from "../definition/walk";
import * as store from "../state/store";
import { Icon } from "../ui";
import { add, focusOn, pasteFromMenu, picking, spot } from "./acts";
import { Finder } from "./Finder";
import { known } from "./known";
import { recent } from "./making";
import { appKey, asksForStart, offersOf, search, searchApp, type Offer } from "./search";
import { summary } from "./summary";
import { KIND_ICONS, shown } from "./words";

const PASTE = "paste";
/** A schedule is no step: who looks for one here is led to the trigger. */
const START = { key: "start", name: "Start on a schedule", description: "Schedules are triggers: choose one as what starts the workflow.", icon: <Icon name="bolt" /> };

/** What can be added, at the plus that was pressed. */
export function Picker() {
  const open = picking.value;
  const { catalog, connections } = { catalog: store.catalog.value, connections: store.connections.value };
  const offers = useMemo(() => offersOf(catalog, new Set(connections.map((one) => one.app))), [catalog, connections]);
  const [app, setApp] = useState<CatalogApp | null>(null);
  useEffect(() => setApp(null), [open]);
  const find = useCallback(
    (text: string) => {
      const groups = (app ? searchApp(offers, app.key, text) : search(offers, text, recent())).map((group) => ({
        label: group.label,
        items: group.offers.map((offer) => ({ key: offer.key, name: app ? offer.name : named(offer, text, group.label), description: offer.description, icon: <OfferIcon offer={offer} /> })),
      }));
      const fits = !app && (!text || "paste clipboard".includes(text.toLowerCase()));
      const item = { key: PASTE, name: "Paste", description: "Steps that were copied here or in another workflow.", icon: <Icon name="paste" /> };
      const starts = !app && asksForStart(text) ? [{ label: "Trigger", items: [START] }] : [];
      return fits ? [...starts, ...groups, { label: "Clipboard", items: [item] }] : [...starts, ...groups];
    },
    [offers, app],
  );
  if (!open) return null;
  const close = () => {
    picking.value = null;
    focusOn(spot.value);
  };
  return (
    <Anchored x={open.x} y={open.y} onClose={close}>
      <Finder
        key={app?.key ?? ""}
        label={app ? `Add a step of ${app.name}` : "Add a step"}
        placeholder={app ? `Search actions of ${app.name}` : "Search apps, actions and logic"}
        onBack={app ? () => setApp(null) : undefined}
        find={find}
        empty="Nothing is called that. Try another word, such as “e-mail” or “wait”."
        onClose={close}
        onPick={(key) => {
          const { place } = open;
          const chosen = offers.find((one) => one.app && appKey(one.app) === key)?.app;
          if (chosen) return setApp(chosen);
          picking.value = null;
          if (key === START.key) return store.openStep("trigger");
          if (key === PASTE) return void pasteFromMenu(place);
          const offer = offers.find((one) => one.key === key);
          if (offer) add(offer, place);
        }}
      />
    </Anchored>
  );
}

// Beside other apps' actions the app's name tells apart what is called alike.
const named = (offer: Offer, text: string, group: string) =>
  offer.app && offer.kind === "action" && (text || group === "Recently used") && !offer.key.startsWith("logic ") ? `${offer.app.name}: ${offer.name}` : offer.name;

function OfferIcon({ offer }: { offer: Offer }) {
  if (offer.app?.logo) return <img src={offer.app.logo} alt="" width="28" height="28" />;
  const icon = offer.kind === "action" ? "bolt" : KIND_ICONS[offer.kind as Exclude<StepKind, "action">];
  return (
    <span class={`cv-kind cv-kind-small cv-kind-${offer.kind}`}>
      <Icon name={icon ?? "bolt"} size={1} />
    </span>
  );
}

/** Go to a step by its words. */
export function StepSearch({ onClose }: { onClose: () => void }) {
  const find = useCallback((text: string) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const items = [...walk(store.definition.value.steps)]
      .map((step) => ({ step, face: shown(step), line: summary(step, known()) }))
      .filter(({ step, face, line }) => {
        const all = `${step.name} ${face.what} ${face.does} ${line} ${step.note}`.toLowerCase();
        return words.every((word) => all.includes(word));
      })
      .map(({ step, face, line }) => ({
        key: step.id,
        name: step.name,
        description: line,
        icon: face.app?.logo ? <img src={face.app.logo} alt="" width="28" height="28" /> : <Icon name={face.icon} />,
      }));
    return items.length ? [{ label: "Steps", items }] : [];
  }, []);
  return (
    <Anchored x={innerWidth / 2 - 200} y={120} onClose={onClose}>
      <Finder
        label="Find a step"
        placeholder="Search the steps of this workflow"
        find={find}
        empty="No step fits these words."
        onClose={onClose}
        onPick={(id) => {
          onClose();
          focusOn(id);
        }}
      />
    </Anchored>
  );
}

/** A sheet at a point of the window, kept in sight; it closes when something else is pressed. */
function Anchored({ x, y, onClose, children }: { x: number; y: number; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
    element.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
  }, [x, y]);
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) onClose();
    };
    addEventListener("pointerdown", outside, true);
    return () => removeEventListener("pointerdown", outside, true);
  }, [onClose]);
  return (
    <div ref={box} class="anchored">
      {children}
    </div>
  );
}
