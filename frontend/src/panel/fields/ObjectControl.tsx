/** An object: its declared members, or keys and values of one's own. */

import { useState } from "preact/hooks";

import type { Mapping } from "../../definition/types";
import type { FieldType } from "../../api/types";
import { readOnly } from "../../state/store";
import { Button } from "../../ui";
import { AddRow } from "./ListControl";
import { type ControlProps, MappingField } from "./MappingField";
import { entriesOf, objectOf, readText, textOf, withMember } from "./model";

export function MembersControl({ id, spec, mapping, onChange, stepId, path, owner }: ControlProps) {
  const entries = new Map(entriesOf(mapping));
  return (
    <div id={id} class="pn-members" tabIndex={-1}>
      {(spec.fields ?? []).map((member) => (
        <MappingField
          key={member.key}
          spec={member}
          mapping={entries.get(member.key)}
          onChange={(filled) => onChange(withMember(mapping, member.key, filled))}
          stepId={stepId}
          path={`${path}.${member.key}`}
          {...(owner === undefined ? {} : { owner })}
        />
      ))}
    </div>
  );
}

interface Row {
  key: string;
  value: Mapping | null;
  type: FieldType;
}

const TYPES: { type: FieldType; label: string }[] = [
  { type: "text", label: "Text" },
  { type: "number", label: "Number" },
  { type: "boolean", label: "Yes or no" },
  { type: "any", label: "JSON" },
];

export function EntriesControl({ id, mapping, onChange, stepId, path, spec, describedBy }: ControlProps) {
  const kept = entriesOf(mapping);
  const [rows, setRows] = useState<Row[]>(() => kept.map(toRow));
  const isSame = JSON.stringify(mappingOf(rows)) === JSON.stringify(objectOf(kept));
  const current = isSame && rows.length > 0 ? rows : kept.length > 0 ? kept.map(toRow) : [{ key: "", value: null, type: "text" as FieldType }];
  const set = (next: Row[]): void => {
    setRows(next);
    const made = mappingOf(next);
    if (JSON.stringify(made) !== JSON.stringify(objectOf(kept))) onChange(made);
  };
  const change = (index: number, part: Partial<Row>): void =>
    set(current.map((row, at) => (at === index ? { ...row, ...part } : row)));
  const repeated = (row: Row, index: number): boolean => row.key !== "" && current.findIndex((each) => each.key === row.key) < index;
  return (
    <div id={id} class="pn-rows" tabIndex={-1} aria-describedby={describedBy}>
      {current.map((row, index) => (
        <div key={index} class="pn-row is-entry">
          <input
            class="td-input"
            aria-label={`Name ${index + 1} of ${spec.label}`}
            placeholder="Name"
            value={row.key}
            disabled={readOnly.value}
            aria-invalid={repeated(row, index) || undefined}
            onInput={(event) => change(index, { key: event.currentTarget.value })}
          />
          <MappingField
            bare
            spec={{ key: row.key, label: `Value of ${row.key || `row ${index + 1}`}`, type: row.type, literal: spec.literal === true }}
            mapping={row.value}
            onChange={(value) => change(index, { value })}
            stepId={stepId}
            path={`${path}.${row.key}`}
          />
          {!readOnly.value && (
            <div class="pn-row-acts">
              <select
                class="td-input is-small"
                aria-label={`Type of ${row.key || `row ${index + 1}`}`}
                value={row.type}
                onChange={(event) => {
                  const type = event.currentTarget.value as FieldType;
                  change(index, { type, value: readText(textOf(row.value), type) });
                }}
              >
                {TYPES.map((each) => (
                  <option key={each.type} value={each.type}>
                    {each.label}
                  </option>
                ))}
              </select>
              <Button
                look="quiet"
                size="small"
                icon="trash"
                label={`Remove ${row.key || `row ${index + 1}`}`}
                onClick={() => set(current.filter((_, at) => at !== index))}
              />
            </div>
          )}
          {repeated(row, index) && <p class="td-error">This name is there twice; the first one counts.</p>}
        </div>
      ))}
      <AddRow isFull={current.length >= 200} onAdd={() => set([...current, { key: "", value: null, type: "text" }])} text="Add a row" />
    </div>
  );
}

function toRow([key, value]: [string, Mapping]): Row {
  return { key, value, type: typeOf(value) };
}

function typeOf(mapping: Mapping): FieldType {
  if ("template" in mapping) return "text";
  if (!("value" in mapping)) return "any";
  const { value } = mapping;
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return "number";
  return typeof value === "string" ? "text" : "any";
}

/** Rows whose value is still empty are kept as empty text, so that their names are not lost. */
function mappingOf(rows: Row[]): Mapping | null {
  return objectOf(rows.map((row) => [row.key, row.value ?? { value: "" }]));
}
