import { useEffect, useState } from "preact/hooks";

import { pageData } from "../../api/client";
import { CodeField } from "../../code";
import { readOnly } from "../../state/store";
import { Button } from "../../ui";
import { ChoiceField, Labelled, More, NumberField, Radios, TextField, Tick } from "../parts";
import { ROW_TYPES, emptyRow, rowsOf, schemaOf, schemaProblem, type Schema, type SchemaRow } from "../schemaRows";

interface Props {
  schema: Schema;
  onChange: (schema: Schema) => void;
}

/** The fields of an answer, by rows or as a JSON schema. */
export function AiSchema({ schema, onChange }: Props) {
  const plain = rowsOf(schema) !== null;
  const [asJson, setAsJson] = useState(!plain);
  const json = asJson || !plain;
  return (
    <>
      <Radios
        legend="Describe the fields"
        value={json ? "json" : "rows"}
        options={[
          { value: "rows", label: "By rows" },
          { value: "json", label: "As a JSON schema", help: plain ? undefined : "This schema says more than rows can show." },
        ]}
        onChange={(wanted) => {
          // What rows can't show is not thrown away by a look at them.
          if (wanted === "json" || plain) setAsJson(wanted === "json");
        }}
      />
      {json ? <JsonSchema schema={schema} onChange={onChange} /> : <Rows schema={schema} onChange={onChange} />}
    </>
  );
}

function Rows({ schema, onChange }: Props) {
  // Rows without a name are no part of the schema yet, so they are kept here.
  const [rows, setRows] = useState<SchemaRow[]>(() => rowsOf(schema) ?? []);
  useEffect(() => {
    if (same(schemaOf(rows), schema)) return;
    setRows(rowsOf(schema) ?? []);
  }, [schema]);
  const set = (changed: SchemaRow[]) => {
    setRows(changed);
    const described = schemaOf(changed);
    if (!same(described, schema)) onChange(described);
  };
  const put = (index: number, changes: Partial<SchemaRow>) =>
    set(rows.map((row, at) => (at === index ? { ...row, ...changes } : row)));
  return (
    <div class="lg-rows">
      {rows.length === 0 && <p class="td-error">Add at least one field.</p>}
      {rows.map((row, index) => (
        <FieldRow
          key={index}
          row={row}
          number={index + 1}
          taken={rows.some((other, at) => at < index && other.name.trim() === row.name.trim())}
          onChange={(changes) => put(index, changes)}
          onRemove={() => set(rows.filter((_, at) => at !== index))}
        />
      ))}
      {!readOnly.value && (
        <div class="lg-buttons">
          <Button icon="add" onClick={() => set([...rows, emptyRow()])}>
            Add field
          </Button>
        </div>
      )}
    </div>
  );
}

interface RowProps {
  row: SchemaRow;
  number: number;
  taken: boolean;
  onChange: (changes: Partial<SchemaRow>) => void;
  onRemove: () => void;
}

function FieldRow({ row, number, taken, onChange, onRemove }: RowProps) {
  const isText = row.type === "string" || row.type === "strings";
  return (
    <div class="lg-card">
      <div class="lg-card-head">
        <TextField
          label={`Field ${number}`}
          value={row.name}
          max={100}
          mono
          error={!row.name.trim() ? "Give the field a name." : taken ? "Another field has this name." : ""}
          onChange={(name) => onChange({ name })}
        />
        <ChoiceField
          label="Type"
          value={row.type}
          options={ROW_TYPES}
          onChange={(type) => onChange({ type, ...(type === "string" || type === "strings" ? {} : { allowed: [], pattern: "", longest: null }) })}
        />
        {!readOnly.value && <Button look="quiet" icon="trash" label={`Remove field “${row.name || number}”`} onClick={onRemove} />}
      </div>
      <TextField
        label="Description"
        value={row.description}
        max={1000}
        placeholder="What the model shall put here"
        onChange={(description) => onChange({ description })}
      />
      <Tick label="Always has a value" checked={row.required} onChange={(required) => onChange({ required })} />
      {isText && (
        <More title={limitsSaid(row)}>
          <Allowed values={row.allowed} onChange={(allowed) => onChange({ allowed })} />
          <TextField
            label="Pattern"
            value={row.pattern}
            max={200}
            mono
            placeholder="^cus_[A-Za-z0-9]+$"
            help="A regular expression that the text must match."
            onChange={(pattern) => onChange({ pattern })}
          />
          <NumberField
            label="Characters at most"
            value={row.longest}
            min={1}
            max={100_000}
            empty="No limit of its own"
            onChange={(longest) => onChange({ longest })}
          />
        </More>
      )}
    </div>
  );
}

function limitsSaid({ allowed, pattern, longest }: SchemaRow): string {
  const said = [allowed.length ? `${allowed.length} allowed values` : "", pattern ? "a pattern" : "", longest ? `${longest} characters` : ""].filter(Boolean);
  return said.length ? `Limits: ${said.join(", ")}` : "Allowed values, pattern, length";
}

/** One value a line. */
function Allowed({ values, onChange }: { values: string[]; onChange: (values: string[]) => void }) {
  const [text, setText] = useState(values.join("\n"));
  useEffect(() => {
    if (!same(linesOf(text), values)) setText(values.join("\n"));
  }, [values]);
  return (
    <Labelled label="Allowed values" help="One a line. None means that any text is right.">
      {({ id, describedBy }) => (
        <textarea
          id={id}
          class="td-input"
          rows={3}
          value={text}
          readOnly={readOnly.value}
          aria-describedby={describedBy}
          onInput={(event) => {
            setText(event.currentTarget.value);
            onChange(linesOf(event.currentTarget.value));
          }}
        />
      )}
    </Labelled>
  );
}

const linesOf = (text: string) => [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];

function JsonSchema({ schema, onChange }: Props) {
  const [text, setText] = useState(() => JSON.stringify(schema, null, 2));
  const problem = schemaProblem(text);
  useEffect(() => {
    if (!problem && same(JSON.parse(text), schema)) return;
    if (!problem) setText(JSON.stringify(schema, null, 2));
  }, [schema]);
  return (
    <>
      <CodeField
        language="json"
        label="JSON schema of the answer"
        value={text}
        readOnly={readOnly.value}
        nonce={pageData().nonce}
        onChange={(typed) => {
          setText(typed);
          if (!schemaProblem(typed)) onChange(JSON.parse(typed) as Schema);
        }}
      />
      {problem && (
        <p class="td-error" role="alert">
          {problem} What was valid last is kept until then.
        </p>
      )}
    </>
  );
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
