import { useEffect, useState } from "preact/hooks";

import type { Operation } from "../../definition/types";
import { emptyTemplate } from "../defaults";
import { ConditionField, Mapped } from "../fields";
import { fieldNames } from "../operations";
import { NumberField, TextField, Tick } from "../parts";

const MOST_TAKEN = 10_000;

interface OperationProps {
  stepId: string;
  index: number;
  operation: Operation;
  onChange: (operation: Operation, merge: string) => void;
}

/** The fields of one operation. */
export function OperationFields({ stepId, index, operation, onChange }: OperationProps) {
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
