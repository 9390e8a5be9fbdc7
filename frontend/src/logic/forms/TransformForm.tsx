import { useEffect, useRef, useState } from "preact/hooks";

import { useResolved } from "../../panel/previews";
import type { Operation } from "../../definition/types";
import { readOnly, results } from "../../state/store";
import { Button } from "../../ui";
import { emptyTemplate, newOperation } from "../defaults";
import { ConditionField, Mapped } from "../fields";
import type { FormProps } from "../forms";
import { OPERATIONS, OPS, fieldNames, lackOf, type Op } from "../operations";
import { NumberField, Section, TextField, Tick } from "../parts";
import { Reorder, moved } from "../Reorder";

const MOST_OPERATIONS = 50;
const MOST_TAKEN = 10_000;

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

interface OperationProps {
  stepId: string;
  index: number;
  operation: Operation;
  onChange: (operation: Operation, merge: string) => void;
}

function OperationFields({ stepId, index, operation, onChange }: OperationProps) {
  const path = `operations.${index}`;
  switch (operation.op) {
    case "set":
      return (
        <>
          <Name label="Field" value={operation.field} onChange={(field) => onChange({ ...operation, field }, "field")} />
          <Mapped
            stepId={stepId}
            path={`${path}.value`}
            label="Value"
            type="any"
            mapping={operation.value}
            onChange={(value) => onChange({ ...operation, value: value ?? emptyTemplate() }, "value")}
          />
        </>
      );
    case "rename":
      return (
        <div class="lg-pair">
          <Name label="Field" value={operation.field} onChange={(field) => onChange({ ...operation, field }, "field")} />
          <Name label="New name" value={operation.to} onChange={(to) => onChange({ ...operation, to }, "to")} />
        </div>
      );
    case "pick":
    case "remove":
      return <Names fields={operation.fields} onChange={(fields) => onChange({ ...operation, fields }, "fields")} />;
    case "filter":
      return (
        <>
          <ListOf operation={operation} onChange={onChange} />
          <ConditionField
            stepId={stepId}
            part={`${path}.condition`}
            condition={operation.condition}
            onChange={(condition) => onChange({ ...operation, condition }, "condition")}
          />
        </>
      );
    case "map":
      return (
        <>
          <ListOf operation={operation} onChange={onChange} />
          <Mapped
            stepId={stepId}
            path={`${path}.value`}
            label="Each item becomes"
            type="any"
            mapping={operation.value}
            onChange={(value) => onChange({ ...operation, value: value ?? emptyTemplate() }, "value")}
          />
        </>
      );
    case "sort":
      return (
        <>
          <ListOf operation={operation} onChange={onChange} />
          <By label="Sort by" operation={operation} onChange={onChange} />
          <Tick label="Largest first" checked={operation.descending ?? false} onChange={(descending) => onChange({ ...operation, descending }, "")} />
        </>
      );
    case "unique":
      return (
        <>
          <ListOf operation={operation} onChange={onChange} />
          <By label="Equal in" operation={operation} onChange={onChange} />
        </>
      );
    case "take":
      return (
        <>
          <ListOf operation={operation} onChange={onChange} />
          <NumberField
            label="How many"
            value={operation.count}
            min={0}
            max={MOST_TAKEN}
            onChange={(count) => count !== null && onChange({ ...operation, count }, "count")}
          />
        </>
      );
    case "join":
      return (
        <>
          <ListOf operation={operation} onChange={onChange} />
          <TextField
            label="Between the items"
            value={operation.separator}
            max={100}
            onChange={(separator) => onChange({ ...operation, separator }, "separator")}
          />
          <To operation={operation} onChange={onChange} />
        </>
      );
    case "count":
      return (
        <>
          <ListOf operation={operation} onChange={onChange} />
          <To operation={operation} onChange={onChange} />
        </>
      );
    case "sum":
      return (
        <>
          <ListOf operation={operation} onChange={onChange} />
          <By label="Add up" operation={operation} onChange={onChange} />
          <To operation={operation} onChange={onChange} />
        </>
      );
    case "flatten":
      return <ListOf operation={operation} onChange={onChange} />;
  }
}

type Of<Key extends string> = Extract<Operation, { [key in Key]?: unknown }>;

interface PartProps<T extends Operation> {
  operation: T;
  onChange: (operation: Operation, merge: string) => void;
}

/** Which list: the value itself, or one of its fields. */
function ListOf<T extends Exclude<Of<"field">, { op: "set" | "rename" }>>({ operation, onChange }: PartProps<T>) {
  return (
    <Name
      label="List in field"
      help="Left empty, the value itself is the list."
      value={operation.field ?? ""}
      onChange={(field) => onChange({ ...operation, field: field || null } as Operation, "field")}
    />
  );
}

function By<T extends Of<"by">>({ label, operation, onChange }: PartProps<T> & { label: string }) {
  return (
    <Name
      label={`${label} (field of an item)`}
      help="Left empty, the items themselves."
      value={operation.by ?? ""}
      onChange={(by) => onChange({ ...operation, by: by || null } as Operation, "by")}
    />
  );
}

function To<T extends Exclude<Of<"to">, { op: "rename" }>>({ operation, onChange }: PartProps<T>) {
  return (
    <Name
      label="Put the result into field"
      help="Left empty, it takes the list's place."
      value={operation.to ?? ""}
      onChange={(to) => onChange({ ...operation, to: to || null } as Operation, "to")}
    />
  );
}

function Name(props: { label: string; help?: string; value: string; onChange: (value: string) => void }) {
  return <TextField {...props} max={200} mono onChange={(value) => props.onChange(value)} />;
}

function Names({ fields, onChange }: { fields: string[]; onChange: (fields: string[]) => void }) {
  const [text, setText] = useState(fields.join(", "));
  useEffect(() => {
    if (fieldNames(text).join() !== fields.join()) setText(fields.join(", "));
  }, [fields]);
  return (
    <TextField
      label="Fields"
      help="With commas between them."
      value={text}
      max={5000}
      mono
      onChange={(typed) => {
        setText(typed);
        onChange(fieldNames(typed));
      }}
    />
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
