/** Tabs of the panel: arrows go between them. */

import { useId } from "preact/hooks";

export interface Tab {
  key: string;
  label: string;
  /** How many problems it has. */
  problems?: number;
}

export function Tabs({ tabs, current, onChoose }: { tabs: Tab[]; current: string; onChoose: (key: string) => void }) {
  const id = useId();
  const index = tabs.findIndex((tab) => tab.key === current);
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = tabs[(index + by + tabs.length) % tabs.length];
    if (by === 0 || next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onChoose(next.key);
    document.getElementById(`${id}-${next.key}`)?.focus();
  };
  return (
    <div class="pn-tabs" role="tablist" aria-label="Parts of the step" onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button
          key={tab.key}
          id={`${id}-${tab.key}`}
          type="button"
          role="tab"
          aria-selected={tab.key === current}
          aria-controls="pn-tabpanel"
          tabIndex={tab.key === current ? 0 : -1}
          onClick={() => onChoose(tab.key)}
        >
          {tab.label}
          {(tab.problems ?? 0) > 0 && (
            <span class="pn-count">
              {tab.problems}
              <span class="sr"> {tab.problems === 1 ? "problem" : "problems"}</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
