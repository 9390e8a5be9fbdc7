import { useRef } from "preact/hooks";

import { useResolved } from "../../panel/previews";
import type { Operation } from "../../definition/types";
import { readOnly, results } from "../../state/store";
import { Button } from "../../ui";
import { newOperation } from "../defaults";
import { Mapped } from "../fields";
import type { FormProps } from "../forms";
import { OPERATIONS, OPS, lackOf, type Op } from "../operations";
import { Section } from "../parts";
import { Reorder, moved } from "../Reorder";
import { OperationFields } from "./OperationFields";

const MOST_OPERATIONS = 50;

/** Change a value by operations, in order. */
export function TransformForm({ step, onChange }: FormProps<"transform">) {
  const keys = useKeys(step.operations.length);
  const set = (operations: Operation[], merge?: string) => onChange({ ...step, operations }, merge && `${step.id}.${merge}`);
  const put = (index: number, operation: Operation, merge: string) =>
    set(step.operations.map((one, at) => (at === index ? operation : one)), `operations.${index}.${merge}`);
  return (
    <>
      <Mapped
        stepId={step.id}
        path="source"
        label="Begin with"
        help="An object or a list of an earlier step. Left empty, it begins with an empty object."
        type="any"
        mapping={step.source}
        onChange={(source) => onChange({ ...step, source: isBlank(source) ? null : source }, `${step.id}.source`)}
      />
      <Section title="Operations" at="operations" help="They are made from top to bottom, each on what the one before it gave.">
        {step.operations.length === 0 && <p class="td-help">No operation yet: the value goes on as it is.</p>}
        <Reorder
          items={step.operations}
          keyOf={(_, index) => keys.at(index)}
          nameOf={({ op }, index) => `operation ${index + 1}, ${OPERATIONS[op].label.toLowerCase()}`}
          onMove={(from, to) => {
            keys.move(from, to);
            set(moved(step.operations, from, to));
          }}
        >
          {(operation, index, handle) => (
            <section class="lg-card" data-field={`operations.${index}`} aria-label={`Operation ${index + 1}: ${OPERATIONS[operation.op].label}`}>
              <div class="lg-card-head">
                {handle}
                <h4 class="lg-card-title">
                  {index + 1}. {OPERATIONS[operation.op].label}
                </h4>
                {!readOnly.value && (
                  <Button
                    look="quiet"
                    icon="trash"
                    label={`Delete operation ${index + 1}`}
                    onClick={() => {
                      keys.remove(index);
                      set(step.operations.filter((_, at) => at !== index));
                    }}
                  />
                )}
              </div>
              <p class="td-help">{OPERATIONS[operation.op].help}</p>
              <OperationFields
                stepId={step.id}
                index={index}
                operation={operation}
                onChange={(changed, merge) => put(index, changed, merge)}
              />
              {lackOf(operation) && <p class="td-error">{lackOf(operation)}</p>}
            </section>
          )}
        </Reorder>
        {!readOnly.value && step.operations.length < MOST_OPERATIONS && <Add onAdd={(op) => set([...step.operations, newOperation(op)])} />}
      </Section>
      <Result stepId={step.id} />
    </>
  );
}

/** Keys that stay with operations while they change places, so that the caret stays where it is. */
function useKeys(count: number) {
  const held = useRef<{ keys: string[]; next: number }>({ keys: [], next: 1 });
  const { current } = held;
  while (current.keys.length < count) current.keys.push(`op-${current.next++}`);
  return {
    at: (index: number) => current.keys[index] ?? String(index),
    move: (from: number, to: number) => void (current.keys = moved(current.keys, from, to)),
    remove: (index: number) => void current.keys.splice(index, 1),
  };
}

function Add({ onAdd }: { onAdd: (op: Op) => void }) {
  const options = (list: boolean) =>
    OPS.filter((op) => OPERATIONS[op].list === list).map((op) => (
      <option key={op} value={op}>
        {OPERATIONS[op].label}
      </option>
    ));
  return (
    <select
      class="td-input"
      aria-label="Add an operation"
      value=""
      onChange={(event) => {
        const op = event.currentTarget.value;
        event.currentTarget.value = "";
        if (op) onAdd(op as Op);
      }}
    >
      <option value="">Add an operation…</option>
      <optgroup label="Fields of an object">{options(false)}</optgroup>
      <optgroup label="Items of a list">{options(true)}</optgroup>
    </select>
  );
}

function Result({ stepId }: { stepId: string }) {
  const resolved = useResolved(stepId).fields["output"];
  const tested = results.value[stepId]?.at(-1)?.outputs;
  const value = resolved ? resolved.value : tested && typeof tested === "object" && !Array.isArray(tested) ? tested["output"] : undefined;
  return (
    <Section title="Result" help={resolved ? "On the chosen event." : value === undefined ? undefined : "Of the last test."}>
      {resolved?.error ? (
        <p class="td-note td-note-danger">{[resolved.error, resolved.remedy].filter(Boolean).join(" ")}</p>
      ) : value === undefined ? (
        <p class="td-help">Test the step to see its result here.</p>
      ) : (
        <pre class="lg-output" tabIndex={0} aria-label="Result">
          {JSON.stringify(value, null, 2)}
        </pre>
      )}
    </Section>
  );
}

const isBlank = (mapping: unknown) =>
  typeof mapping === "object" && mapping !== null && "template" in mapping && String(mapping.template).trim() === "";
