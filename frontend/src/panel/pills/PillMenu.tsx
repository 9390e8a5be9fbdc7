/** What can be done with a pill: its value, its filters with what they make of it, other data. */

import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";

import type { FilterSpec } from "../../api/types";
import { catalog } from "../../state/store";
import { Button, Icon } from "../../ui";
import { renderTemplate, useKnownData } from "../previews";
import { searchOffers, shown } from "../tree/model";
import { currencyBeside, firstArgs, searchFilters } from "./completion";
import { FilterRow } from "./FilterRow";
import { nameOf } from "./labels";
import { Popover } from "./Popover";
import { type AppliedFilter, formatPath, formatPill, parsePath, type Pill, type PillToken } from "./template";

export interface PillMenuProps {
  pill: PillToken;
  anchor: HTMLElement;
  stepId: string;
  onChange: (pill: Pill) => void;
  onRemove: () => void;
  onAsText: () => void;
  onClose: () => void;
}

type View = "main" | "filter" | "data";

export function PillMenu(props: PillMenuProps) {
  const { pill, anchor, stepId, onChange, onClose } = props;
  const [view, setView] = useState<View>("main");
  const data = useKnownData(stepId);
  const box = useRef<HTMLDivElement>(null);
  const heading = useId();
  const name = nameOf(pill.pill.path, data.byPath);
  useEffect(() => {
    box.current?.querySelector<HTMLElement>("[data-first]")?.focus();
  }, [view]);
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key !== "Escape") return;
    event.preventDefault();
    if (view === "main") onClose();
    else setView("main");
  };
  const setFilters = (filters: AppliedFilter[]): void => onChange({ ...pill.pill, filters });
  return (
    <Popover at={() => anchor.getBoundingClientRect()} onOutside={onClose} class="pn-menu">
      <div ref={box} role="dialog" aria-labelledby={heading} onKeyDown={onKeyDown}>
        <div class="pn-menu-head">
          <div>
            <strong id={heading}>{name.label}</strong>
            {name.group !== "" && <span class="pn-faint"> · {name.group}</span>}
            <code class="pn-path">{formatPath(pill.pill.path)}</code>
          </div>
          <Button look="quiet" size="small" icon="close" label="Close" onClick={onClose} />
        </div>
        {view === "main" && <Main {...props} onFilters={setFilters} onView={setView} />}
        {view === "filter" && (
          <FilterPicker
            pill={pill.pill}
            stepId={stepId}
            onBack={() => setView("main")}
            onChoose={(filter) => {
              const currency = currencyBeside(pill.pill.path, (path) => data.byPath.has(path));
              const args = firstArgs(filter, currency).map((source) => ({ name: null, source }));
              setFilters([...pill.pill.filters, { name: filter.name, args }]);
              setView("main");
            }}
          />
        )}
        {view === "data" && (
          <DataPicker
            stepId={stepId}
            onBack={() => setView("main")}
            onChoose={(path) => {
              onChange({ ...pill.pill, path });
              setView("main");
            }}
          />
        )}
      </div>
    </Popover>
  );
}

interface MainProps extends PillMenuProps {
  onFilters: (filters: AppliedFilter[]) => void;
  onView: (view: View) => void;
}

function Main({ pill: token, stepId, onFilters, onView, onRemove, onAsText }: MainProps) {
  const { pill } = token;
  // The value at first, then behind each filter in turn.
  const stages = [0, ...pill.filters.map((_, index) => index + 1)].map((count) =>
    formatPill({ ...pill, filters: pill.filters.slice(0, count) }),
  );
  const previews = usePreviews(stepId, stages);
  const replaceFilter = (index: number, filter: AppliedFilter | null): void =>
    onFilters(pill.filters.flatMap((each, at) => (at !== index ? [each] : filter === null ? [] : [filter])));
  return (
    <>
      <p class="pn-menu-value">
        <span class="pn-faint">Value now</span> <Preview preview={previews.get(stages[0]!)} />
      </p>
      {pill.filters.length > 0 && (
        <ol class="pn-filters" aria-label="Filters">
          {pill.filters.map((filter, index) => (
            <li key={`${index}-${filter.name}`}>
              <FilterRow
                filter={filter}
                spec={catalog.value.filters.find((each) => each.name === filter.name) ?? null}
                stepId={stepId}
                onChange={(changed) => replaceFilter(index, changed)}
                onRemove={() => replaceFilter(index, null)}
              />
              <Preview preview={previews.get(stages[index + 1]!)} />
            </li>
          ))}
        </ol>
      )}
      <div class="pn-menu-acts">
        <Button data-first size="small" icon="add" onClick={() => onView("filter")}>
          Add a filter
        </Button>
        <Button size="small" look="quiet" icon="refresh" onClick={() => onView("data")}>
          Other data
        </Button>
        <Button size="small" look="quiet" icon="edit" onClick={onAsText}>
          As text
        </Button>
        <Button size="small" look="quiet" icon="trash" onClick={onRemove}>
          Remove
        </Button>
      </div>
    </>
  );
}

interface PreviewOf {
  text: string;
  error: string;
}

function Preview({ preview }: { preview: PreviewOf | undefined }) {
  if (preview === undefined) return <span class="pn-preview is-pending">…</span>;
  if (preview.error !== "") return <span class="pn-preview td-error">{preview.error}</span>;
  return <span class="pn-preview">{preview.text === "" ? <i>empty</i> : shown(preview.text, 120)}</span>;
}

const AT_ONCE = 3;

/** What templates come to, a few at a time; kept while the list changes. */
function usePreviews(stepId: string, templates: string[]): ReadonlyMap<string, PreviewOf> {
  const [found, setFound] = useState<ReadonlyMap<string, PreviewOf>>(() => new Map());
  const key = templates.join("\n");
  useEffect(() => {
    let isGone = false;
    const queue = [...new Set(templates)];
    const next = async (): Promise<void> => {
      const template = queue.shift();
      if (template === undefined || isGone) return;
      const preview = await renderTemplate(stepId, template).then(
        (answer) => ({ text: answer.text ?? "", error: answer.error ?? "" }),
        (error: unknown) => ({ text: "", error: error instanceof Error ? error.message : "No answer." }),
      );
      if (isGone) return;
      setFound((before) => new Map(before).set(template, preview));
      await next();
    };
    const timer = setTimeout(() => Array.from({ length: AT_ONCE }, next), 30);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [key, stepId]);
  return found;
}

/** Shown first where nothing is searched: what is asked for most. */
const COMMON = ["default", "lower", "upper", "capitalize", "money", "date", "round", "replace", "join", "strip", "truncate"];
const ALIASES: Record<string, string> = { lower: "downcase", upper: "upcase" };

interface FilterPickerProps {
  pill: Pill;
  stepId: string;
  onChoose: (filter: FilterSpec) => void;
  onBack: () => void;
}

function FilterPicker({ pill, stepId, onChoose, onBack }: FilterPickerProps) {
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

function DataPicker({ stepId, onChoose, onBack }: DataPickerProps) {
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
  children: preact.ComponentChildren;
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
