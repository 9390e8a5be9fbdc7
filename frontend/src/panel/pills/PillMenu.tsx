/** What can be done with a pill: its value, its filters with what they make of it, other data. */

import { useEffect, useId, useRef, useState } from "preact/hooks";

import { catalog } from "../../state/store";
import { Button } from "../../ui";
import { useKnownData } from "../previews";
import { currencyBeside, firstArgs } from "./completion";
import { FilterRow } from "./FilterRow";
import { nameOf } from "./labels";
import { DataPicker, FilterPicker } from "./Pickers";
import { Popover } from "./Popover";
import { Preview, usePreviews } from "./stages";
import { type AppliedFilter, formatPath, formatPill, type Pill, type PillToken } from "./template";

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
