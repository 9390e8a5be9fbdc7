import { useRef } from "preact/hooks";

import { pageData, post } from "../../api/client";
import type { LintProblem, StepResult } from "../../api/types";
import { CodeField } from "../../code";
import type { Json, Mapping } from "../../definition/types";
import { catalog, readOnly, results } from "../../state/store";
import { Button } from "../../ui";
import { emptyTemplate } from "../defaults";
import { Mapped } from "../fields";
import type { FormProps } from "../forms";
import { KeptText, More, NumberField, Section } from "../parts";
import { freeId } from "../verdict";

const MOST_INPUTS = 50;
const MOST_CHARACTERS = 20_000;

const check = (code: string, signal: AbortSignal) =>
  post<{ problems: LintProblem[] }>("lint", { code }, { signal }).then(({ problems }) => problems);

/** Python in the sandbox. */
export function CodeForm({ step, onChange }: FormProps<"code">) {
  const insert = useRef<(text: string) => void>(() => undefined);
  const prelude = catalog.value.code?.functions ?? [];
  const names = Object.keys(step.inputs);
  const tooLong = step.code.length > MOST_CHARACTERS;
  return (
    <>
      <Inputs step={step} onChange={onChange} />
      <Section
        title="Code"
        at="code"
        help={
          <>
            Python. <code>inputs</code> is a dict of the inputs above. The last value, or what you <code>return</code>, is the step's output.
          </>
        }
      >
        <CodeField
          language="python"
          label="Python code"
          value={step.code}
          readOnly={readOnly.value}
          nonce={pageData().nonce}
          names={{ inputs: names, prelude }}
          check={readOnly.value ? undefined : check}
          onReady={(ready) => (insert.current = ready)}
          onChange={(code) => onChange({ ...step, code }, `${step.id}.code`)}
        />
        {tooLong && (
          <p class="td-error" role="alert">
            The code has {step.code.length.toLocaleString()} characters; {MOST_CHARACTERS.toLocaleString()} are allowed. It can't be saved as it is.
          </p>
        )}
        <Manual onInsert={(text) => insert.current(text)} />
      </Section>
      <NumberField
        label="Time limit"
        unit="seconds"
        value={step.timeout ?? 1}
        min={0.1}
        max={5}
        fraction
        help="From 0.1 to 5. Code that takes longer fails the step."
        onChange={(timeout) => timeout !== null && onChange({ ...step, timeout }, `${step.id}.timeout`)}
      />
      <LastTest result={results.value[step.id]?.at(-1)} />
    </>
  );
}

function Inputs({ step, onChange }: FormProps<"code">) {
  const rows = Object.entries(step.inputs);
  const set = (changed: [string, Mapping][], merge?: string) => onChange({ ...step, inputs: Object.fromEntries(changed) }, merge);
  const add = () => set([...rows, [freeId("input", new Set(rows.map(([name]) => name))), emptyTemplate()]]);
  return (
    <Section title="Inputs" help="The code sees these values and nothing else of the run.">
      {rows.length === 0 && <p class="td-help">No inputs yet.</p>}
      {rows.map(([name, mapping], index) => (
        <div key={index} class="lg-card">
          <div class="lg-card-head">
            <KeptText
              label={`Name of input ${index + 1}`}
              value={name}
              max={100}
              mono
              problem={(wanted) => (rows.some(([other], at) => at !== index && other === wanted) ? "Another input has this name." : "")}
              onChange={(wanted) =>
                set(rows.map((row, at) => (at === index ? [wanted.trim(), mapping] : row)), `${step.id}.inputs.${index}.name`)
              }
            />
            {!readOnly.value && (
              <Button look="quiet" icon="trash" label={`Remove input “${name}”`} onClick={() => set(rows.filter((_, at) => at !== index))} />
            )}
          </div>
          <Mapped
            stepId={step.id}
            path={`inputs.${name}`}
            label={`Value of “${name}”`}
            type="any"
            mapping={mapping}
            onChange={(changed) =>
              set(rows.map((row, at) => (at === index ? [name, changed ?? emptyTemplate()] : row)), `${step.id}.inputs.${index}`)
            }
          />
        </div>
      ))}
      {!readOnly.value && rows.length < MOST_INPUTS && (
        <Button icon="add" onClick={add}>
          Add input
        </Button>
      )}
    </Section>
  );
}

/** The sandbox's own functions, and its limits. */
function Manual({ onInsert }: { onInsert: (text: string) => void }) {
  const manual = catalog.value.code;
  if (!manual) return null;
  return (
    <>
      <More title="Functions that are there">
        <dl class="lg-manual">
          {manual.functions.map((entry) => (
            <div key={entry.name}>
              <dt>
                <code>{entry.signature}</code>
                {!readOnly.value && (
                  <Button size="small" look="quiet" icon="add" label={`Put ${entry.name}() into the code`} onClick={() => onInsert(`${entry.name}(`)} />
                )}
              </dt>
              <dd>
                {entry.description}
                <code class="lg-example">
                  {entry.example} → {JSON.stringify(entry.result)}
                </code>
              </dd>
            </div>
          ))}
        </dl>
        <p>
          Without an import: <Names of={manual.modules_at_hand} />. With one: <Names of={manual.modules.filter((name) => !manual.modules_at_hand.includes(name))} />.
        </p>
      </More>
      <More title="What the sandbox allows, and what not">
        <dl class="lg-manual">
          {manual.limits.map((limit) => (
            <div key={limit.name}>
              <dt>{limit.name}</dt>
              <dd>{limit.value}</dd>
            </div>
          ))}
          {manual.refused.map((one) => (
            <div key={one.name}>
              <dt>Not there: {one.name}</dt>
              <dd>{one.reason}</dd>
            </div>
          ))}
        </dl>
      </More>
    </>
  );
}

function Names({ of }: { of: readonly string[] }) {
  return (
    <>
      {of.map((name, index) => (
        <span key={name}>
          {index > 0 && ", "}
          <code>{name}</code>
        </span>
      ))}
    </>
  );
}

function LastTest({ result }: { result: StepResult | undefined }) {
  const given = result && isObject(result.outputs) ? result.outputs : null;
  return (
    <Section title="Last test">
      {!result && <p class="td-help">Test the step to see its output here.</p>}
      {result?.error && <p class="td-note td-note-danger">{[result.error.message, result.error.remedy].filter(Boolean).join(" ")}</p>}
      {given && (
        <>
          <p class="td-help">Output, in {result?.ms} ms</p>
          <pre class="lg-output" tabIndex={0} aria-label="Output">
            {JSON.stringify(given["output"] ?? null, null, 2)}
          </pre>
          {given["printed"] && (
            <>
              <p class="td-help">Printed</p>
              <pre class="lg-output" tabIndex={0} aria-label="Printed text">
                {String(given["printed"])}
              </pre>
            </>
          )}
        </>
      )}
    </Section>
  );
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
