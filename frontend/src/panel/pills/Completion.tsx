/** The list under a caret that types `{{`: paths by their names, and behind `|` filters. */

import { useEffect, useRef } from "preact/hooks";

import type { FilterSpec } from "../../api/types";
import { type Offer, shown } from "../tree/model";
import { Popover } from "./Popover";

export type Suggestion = { kind: "path"; offer: Offer } | { kind: "filter"; filter: FilterSpec };

export interface CompletionProps {
  id: string;
  suggestions: Suggestion[];
  active: number;
  at: () => DOMRect;
  onChoose: (suggestion: Suggestion) => void;
  onClose: () => void;
  /** What is said where nothing fits. */
  empty: string;
}

export function optionId(id: string, index: number): string {
  return `${id}-o${index}`;
}

export function Completion({ id, suggestions, active, at, onChoose, onClose, empty }: CompletionProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active, suggestions]);
  return (
    <Popover at={at} onOutside={onClose} class="pn-complete">
      <div ref={list} id={id} role="listbox" tabIndex={0} aria-label="Data and filters">
        {suggestions.map((suggestion, index) => (
          <div
            key={keyOf(suggestion)}
            id={optionId(id, index)}
            role="option"
            aria-selected={index === active}
            class="pn-option"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(suggestion)}
          >
            {suggestion.kind === "path" ? <PathLine offer={suggestion.offer} /> : <FilterLine filter={suggestion.filter} />}
          </div>
        ))}
      </div>
      {suggestions.length === 0 && <p class="pn-none">{empty}</p>}
    </Popover>
  );
}

function keyOf(suggestion: Suggestion): string {
  return suggestion.kind === "path" ? suggestion.offer.path : `|${suggestion.filter.name}`;
}

function PathLine({ offer }: { offer: Offer }) {
  return (
    <>
      <span class="pn-option-name">
        {[...offer.within, offer.label].join(" › ")} <span class="pn-faint">· {offer.group}</span>
      </span>
      <span class="pn-option-about">
        <code>{offer.path}</code>
        <span class="pn-example">{shown(offer.example, 40)}</span>
      </span>
    </>
  );
}

function FilterLine({ filter }: { filter: FilterSpec }) {
  return (
    <>
      <span class="pn-option-name">
        {filter.label} <code>{filter.name}</code>
      </span>
      <span class="pn-option-about">{filter.description}</span>
    </>
  );
}
