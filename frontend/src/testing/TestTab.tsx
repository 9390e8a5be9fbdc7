/* The tab of a step's panel in which it is tested alone. */

import { useState } from "preact/hooks";
import { results } from "../state/store";
import { EventChooser } from "./EventChooser";
import { last, testing } from "./state";
import { Badge, ResultView } from "./ResultView";
import { Standing, TestButtons } from "./Running";
import type { Result } from "./types";

export function TestTab({ stepId }: { stepId: string }) {
  const found = (results.value[stepId] ?? []) as Result[];
  return (
    <section class="tst" aria-label="Test">
      <p class="td-help">
        Only this step is run. What the steps before it gave is taken from the last test, else their examples are.
      </p>
      <EventChooser />
      <TestButtons step={stepId} />
      <Standing step={stepId} />
      {found.length ? <Items results={found} /> : testing.value === null && <p class="td-help">No result yet.</p>}
      {last.value?.url && found.length > 0 && (
        <p>
          <a class="td-link" href={last.value.url}>
            Open the run
          </a>
        </p>
      )}
    </section>
  );
}

/** One result, or those of a loop's items with a choice between them. */
export function Items({ results: found }: { results: Result[] }) {
  const [chosen, choose] = useState(0);
  const shown = found[Math.min(chosen, found.length - 1)];
  if (!shown) return null;
  return (
    <>
      {found.length > 1 && (
        <label class="tst-row">
          Item
          <select class="td-input tst-small" value={chosen} onChange={(input) => choose(Number(input.currentTarget.value))}>
            {found.map((each, index) => (
              <option key={each.path} value={index}>
                {(each.index ?? index) + 1}
              </option>
            ))}
          </select>
          <Badge outcome={shown.outcome} />
        </label>
      )}
      <ResultView key={shown.path} result={shown} />
    </>
  );
}
