/** Lists of a pill's menu: filters with what they make of its value, and other data. */

import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";

import type { FilterSpec } from "../../api/types";
import { catalog } from "../../state/store";
import { Button, Icon } from "../../ui";
import { useKnownData } from "../previews";
import { searchOffers, shown } from "../tree/model";
import { currencyBeside, firstArgs, searchFilters } from "./completion";
import { type PreviewOf, usePreviews } from "./stages";
import { formatPill, parsePath, type Pill } from "./template";

/** Shown first where nothing is searched: what is asked for most. */
const COMMON = ["default", "lower", "upper", "capitalize", "money", "date", "round", "replace", "join", "strip", "truncate"];
const ALIASES: Record<string, string> = { lower: "downcase", upper: "upcase" };

interface FilterPickerProps {
  pill: Pill;
  stepId: string;
  onChoose: (filter: FilterSpec) => void;
  onBack: () => void;
}

export function FilterPicker({ pill, stepId, onChoose, onBack }: FilterPickerProps) {
  const [search, setSearch] = useState("");
  const { filters } = catalog.value;
  const data = useKnownData(stepId);
  const offered = useMemo(() => (search.trim() === "" ? commonFirst(filters) : searchFilters(filters, search)), [filters, search]);
  const currency = currencyBeside(pill.path, (path) => data.byPath.has(path));
  const tried = (filter: FilterSpec): string => {
    const args = firstArgs(filter, currency).map((source) => ({ name: null, source }));
    return formatPill({ ...pill, filters: [...pill.filters, { name: filter.name, args }] });
  };
  const previews = usePreviews(stepId, offered.slice(0, 14).map(tried));
  return (
    <Picker label="Search filters" search={search} onSearch={setSearch} onBack={onBack}>
      {offered.map((filter) => (
        <button key={filter.name} type="button" class="pn-option" onClick={() => onChoose(filter)}>
          <span class="pn-option-name">
            {filter.label} <code>{filter.name}</code>
          </span>
          <span class="pn-option-about">{filter.description}</span>
          <TriedPreview preview={previews.get(tried(filter))} />
        </button>
      ))}
      {offered.length === 0 && <p class="pn-none">No filter is called so.</p>}
    </Picker>
  );
}

function TriedPreview({ preview }: { preview: PreviewOf | undefined }) {
  if (preview === undefined) return null;
  if (preview.error !== "") return <span class="pn-preview is-faint">Does not fit this value</span>;
  return (
    <span class="pn-preview">
      <Icon name="chevronRight" size={0.875} /> {preview.text === "" ? <i>empty</i> : shown(preview.text, 60)}
    </span>
  );
}

function commonFirst(filters: FilterSpec[]): FilterSpec[] {
  const byName = new Map(filters.map((filter) => [filter.name, filter]));
  const first = COMMON.flatMap((name) => byName.get(name) ?? byName.get(ALIASES[name] ?? "") ?? []);
  return [...first, ...filters.filter((filter) => !first.includes(filter))];
}

interface DataPickerProps {
  stepId: string;
  onChoose: (path: Pill["path"]) => void;
  onBack: () => void;
}

export function DataPicker({ stepId, onChoose, onBack }: DataPickerProps) {
  const [search, setSearch] = useState("");
  const { offers } = useKnownData(stepId);
  return (
    <Picker label="Search data" search={search} onSearch={setSearch} onBack={onBack}>
      {searchOffers(offers, search, 60).map((offer) => (
        <button
          key={offer.path}
          type="button"
          class="pn-option"
          onClick={() => {
            const path = parsePath(offer.path);
            if (path !== null) onChoose(path);
          }}
        >
          <span class="pn-option-name">
            {[...offer.within, offer.label].join(" › ")} <span class="pn-faint">· {offer.group}</span>
          </span>
          <span class="pn-option-about">
            <code>{offer.path}</code> <span class="pn-example">{shown(offer.example, 40)}</span>
          </span>
        </button>
      ))}
    </Picker>
  );
}

interface PickerProps {
  label: string;
  search: string;
  onSearch: (search: string) => void;
  onBack: () => void;
  children: ComponentChildren;
}

/** A search with its finds below it; arrows go through them. */
function Picker({ label, search, onSearch, onBack, children }: PickerProps) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const all = [...(list.current?.querySelectorAll<HTMLElement>("input, .pn-option") ?? [])];
    const now = all.indexOf(document.activeElement as HTMLElement);
    all[(now + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]?.focus();
  };
  return (
    <div ref={list} class="pn-picker" onKeyDown={onKeyDown}>
      <div class="pn-picker-head">
        <Button look="quiet" size="small" icon="arrowLeft" label="Back" onClick={onBack} />
        <input
          data-first
          type="search"
          class="td-input"
          aria-label={label}
          placeholder={label}
          value={search}
          onInput={(event) => onSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            list.current?.querySelector<HTMLElement>(".pn-option")?.click();
          }}
        />
      </div>
      <div class="pn-picker-list">{children}</div>
    </div>
  );
}
