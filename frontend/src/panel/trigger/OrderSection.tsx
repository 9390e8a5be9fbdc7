/** Whether runs of one customer, say, go one after the other. */

import { ChoiceField, Radios, Section } from "../../logic/parts";
import { definition, edit, problemsByStep } from "../../state/store";
import { type FieldSpec } from "../fields/model";
import { isKey, keyOf, withLate, withOrder } from "./order";

const NONE = { value: "", label: "No order: runs may go side by side" };

export function OrderSection({ fields }: { fields: readonly FieldSpec[] }) {
  const { order } = definition.value;
  const chosen = keyOf(order);
  const options = [NONE, ...fields.filter((each) => isKey(each.type)).map((each) => ({ value: each.key, label: each.label }))];
  if (!options.some((each) => each.value === chosen)) options.push({ value: chosen, label: chosen });
  const label = options.find((each) => each.value === chosen)?.label ?? chosen;
  const problems = (problemsByStep.value.get("trigger") ?? []).filter((each) => each.field === "order");
  return (
    <Section
      title="Order"
      at="order"
      help={
        order
          ? `Runs with the same “${label}” wait for each other and go by the time of their events; all others go side by side. A run that waits or needs a decision holds up those behind it.`
          : "Choose a field, such as the customer, so that two events of the same one are never worked on at once."
      }
    >
      {problems.map((problem, index) => (
        <p key={index} class="td-error">
          {problem.message}
        </p>
      ))}
      <ChoiceField
        label="One run at a time per"
        value={chosen}
        options={options}
        onChange={(key) => edit("Change order", (draft) => withOrder(draft, key))}
      />
      {order && (
        <Radios
          legend="Late events"
          value={order.late ?? "run"}
          options={[
            { value: "run", label: "Run", help: "An event that arrives behind a newer one is worked on all the same." },
            { value: "supersede", label: "Mark superseded", help: "Once a newer event has run, an older one ends as filtered and changes nothing." },
          ]}
          onChange={(late) => edit("Change late events", (draft) => withLate(draft, late))}
        />
      )}
    </Section>
  );
}
