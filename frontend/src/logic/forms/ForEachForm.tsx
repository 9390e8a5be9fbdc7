import type { Resolved } from "../../api/types";
import { useResolved } from "../../panel/previews";
import { Mapped } from "../fields";
import type { FormProps } from "../forms";
import { More, NumberField, Radios, Section } from "../parts";
import { emptyTemplate } from "../defaults";

/** The steps inside run once for each item of a list. */
export function ForEachForm({ step, onChange }: FormProps<"for_each">) {
  const count = countOf(useResolved(step.id).fields["items"]);
  return (
    <>
      <Mapped
        stepId={step.id}
        path="items"
        label="Items"
        help="A list of an earlier step, such as the lines of an invoice. The steps inside run once for each item."
        type="list"
        required
        mapping={step.items}
        onChange={(items) => onChange({ ...step, items: items ?? emptyTemplate() }, `${step.id}.items`)}
      />
      <p class={tooMany(count, step.limit) ? "td-note td-note-warning" : "td-note td-note-info"} role="status" hidden={count === null}>
        {count !== null && said(count, step.limit, step.over_limit)}
      </p>
      <Section title="Limit">
        <NumberField
          label="Items at most"
          value={step.limit}
          min={1}
          max={1000}
          onChange={(limit) => limit !== null && onChange({ ...step, limit }, `${step.id}.limit`)}
        />
        <Radios
          legend="When there are more"
          value={step.over_limit}
          options={[
            { value: "fail", label: "Fail the step", help: "Nothing is done for any item." },
            { value: "first", label: "Take the first ones", help: "The others are left out." },
          ]}
          onChange={(over_limit) => onChange({ ...step, over_limit })}
        />
      </Section>
      <NumberField
        label="Items at a time"
        value={step.concurrency}
        min={1}
        max={10}
        help="With 1 they run one after the other, in the order of the list. More is faster, and the order in which calls are made is open."
        onChange={(concurrency) => concurrency !== null && onChange({ ...step, concurrency }, `${step.id}.concurrency`)}
      />
      <Radios
        legend="When an item fails"
        value={step.on_item_error}
        options={[
          { value: "stop", label: "Stop", help: "The step fails; items that are done stay done." },
          { value: "continue", label: "Go on with the others", help: "“failed” counts them for the steps behind." },
        ]}
        onChange={(on_item_error) => onChange({ ...step, on_item_error })}
      />
      <More title="What the steps inside and behind can read">
        <p>
          Inside: <code>item</code> is the item, <code>loop.number</code> counts from 1, <code>loop.index</code> from 0, and <code>loop.count</code> is how
          many there are. The item of an outer loop is <code>{`steps.<its id>.item`}</code>.
        </p>
        <p>
          Behind: <code>{`steps.${step.id}.count`}</code>, <code>succeeded</code>, <code>failed</code>, <code>filtered</code> and <code>results</code>, a list
          with what the last step gave for each item. The steps inside can't be read from outside.
        </p>
      </More>
    </>
  );
}

/** Return how many items the chosen event has, null while it is not known. */
export function countOf(resolved: Resolved | undefined): number | null {
  if (!resolved || resolved.error || !Array.isArray(resolved.value)) return null;
  // Of a long list the first items are sent, and the note says how many there are.
  const told = /^(\d+) item/.exec(resolved.note ?? "")?.[1];
  return told === undefined ? resolved.value.length : Number(told);
}

const tooMany = (count: number | null, limit: number) => count !== null && count > limit;

function said(count: number, limit: number, over: "fail" | "first"): string {
  const items = count === 1 ? "1 item" : `${count} items`;
  if (count <= limit) return `The chosen event has ${items}.`;
  return over === "fail"
    ? `The chosen event has ${items}, more than ${limit}, so the step would fail.`
    : `The chosen event has ${items}; the first ${limit} are taken.`;
}
