/** A list row by row: values, or objects with declared members. Rows move by buttons. */

import { useState } from "preact/hooks";

import type { Mapping } from "../../definition/types";
import { readOnly } from "../../state/store";
import { Button } from "../../ui";
import { type ControlProps, MappingField } from "./MappingField";
import { entriesOf, listOf, rowsOf, withMember } from "./model";

const MOST_ROWS = 200;

/** The rows with how many are added but still empty. */
function useRows({ mapping, onChange }: ControlProps): { rows: (Mapping | null)[]; set: (rows: (Mapping | null)[]) => void } {
  const kept = rowsOf(mapping);
  const [rows, setRows] = useState<(Mapping | null)[]>(kept);
  const filled = (all: (Mapping | null)[]): Mapping[] => all.filter((row): row is Mapping => row !== null);
  const isSame = JSON.stringify(filled(rows)) === JSON.stringify(kept);
  const current = isSame ? rows : kept;
  return {
    rows: current,
    set: (next) => {
      setRows(next);
      onChange(listOf(filled(next)));
    },
  };
}

export function LinesControl(props: ControlProps) {
  const { rows, set } = useRows(props);
  const { spec, stepId, path, id, label } = props;
  const shown = rows.length === 0 ? [null] : rows;
  return (
    <div id={id} class="pn-rows" tabIndex={-1}>
      {shown.map((row, index) => (
        <div key={index} class="pn-row">
          <MappingField
            bare
            spec={{ key: String(index), label: `${label} ${index + 1}`, type: "text", literal: spec.literal === true }}
            mapping={row}
            onChange={(mapping) => set(shown.map((each, at) => (at === index ? mapping : each)))}
            stepId={stepId}
            path={`${path}.${index}`}
          />
          <RowActs rows={shown} index={index} set={set} />
        </div>
      ))}
      <AddRow isFull={shown.length >= MOST_ROWS} onAdd={() => set([...shown, null])} text="Add a value" />
    </div>
  );
}

export function RowsControl(props: ControlProps) {
  const { rows, set } = useRows(props);
  const { spec, stepId, path, id, owner } = props;
  return (
    <div id={id} class="pn-rows" tabIndex={-1}>
      {rows.map((row, index) => (
        <fieldset key={index} class="pn-row is-object">
          <legend>
            {spec.label} {index + 1}
          </legend>
          <RowActs rows={rows} index={index} set={set} />
          {(spec.fields ?? []).map((member) => (
            <MappingField
              key={member.key}
              spec={member}
              mapping={entriesOf(row).find(([key]) => key === member.key)?.[1]}
              onChange={(mapping) => set(rows.map((each, at) => (at === index ? withMember(each, member.key, mapping) : each)))}
              stepId={stepId}
              path={`${path}.${index}.${member.key}`}
              {...(owner === undefined ? {} : { owner })}
            />
          ))}
        </fieldset>
      ))}
      <AddRow isFull={rows.length >= MOST_ROWS} onAdd={() => set([...rows, null])} text={`Add to ${spec.label.toLocaleLowerCase()}`} />
    </div>
  );
}

interface RowActsProps {
  rows: (Mapping | null)[];
  index: number;
  set: (rows: (Mapping | null)[]) => void;
}

function RowActs({ rows, index, set }: RowActsProps) {
  if (readOnly.value) return null;
  const move = (to: number): void => {
    const next = [...rows];
    const [row] = next.splice(index, 1);
    next.splice(to, 0, row ?? null);
    set(next);
  };
  return (
    <div class="pn-row-acts">
      {rows.length > 1 && (
        <>
          <Button look="quiet" size="small" icon="up" label={`Move ${index + 1} up`} disabled={index === 0} onClick={() => move(index - 1)} />
          <Button
            look="quiet"
            size="small"
            icon="down"
            label={`Move ${index + 1} down`}
            disabled={index === rows.length - 1}
            onClick={() => move(index + 1)}
          />
        </>
      )}
      <Button look="quiet" size="small" icon="trash" label={`Remove ${index + 1}`} onClick={() => set(rows.filter((_, at) => at !== index))} />
    </div>
  );
}

export function AddRow({ isFull, onAdd, text }: { isFull: boolean; onAdd: () => void; text: string }) {
  if (readOnly.value) return null;
  return (
    <Button size="small" look="quiet" icon="add" disabled={isFull} onClick={onAdd}>
      {text}
    </Button>
  );
}
