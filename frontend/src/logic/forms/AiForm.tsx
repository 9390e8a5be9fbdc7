import type { AiPreset } from "../../api/types";
import { ConnectionPicker } from "../../connections";
import type { AiOutput, AiStep, Mapping } from "../../definition/types";
import { useResolved } from "../../panel/previews";
import { catalog, connectionByCode, readOnly, results } from "../../state/store";
import { Button } from "../../ui";
import { dollars, estimate, priceOf } from "../cost";
import { emptyTemplate } from "../defaults";
import { Mapped } from "../fields";
import type { FormProps } from "../forms";
import { More, NumberField, Radios, Section, TextField } from "../parts";
import { schemaOf } from "../schemaRows";
import { AiLabels } from "./AiLabels";
import { AiSchema } from "./AiSchema";

/** The apps whose connections can be asked. */
const PROVIDERS = ["openai", "anthropic"] as const;
const PROVIDER_NAMES = { openai: "OpenAI", anthropic: "Anthropic" };

/** Ask a language model. */
export function AiForm({ step, onChange }: FormProps<"ai">) {
  const change = (changes: Partial<AiStep>, merge?: string) => onChange({ ...step, ...changes }, merge && `${step.id}.${merge}`);
  const usual = connectionByCode(step.connection)?.model?.name ?? "";
  return (
    <>
      <Presets step={step} onChange={onChange} />
      <ConnectionPicker
        app={PROVIDERS}
        appNames={PROVIDER_NAMES}
        value={step.connection}
        onChange={(connection, chosen) => {
          const provider = chosen?.app === "anthropic" ? "anthropic" : chosen?.app === "openai" ? "openai" : step.provider;
          // A model's name means nothing to another provider.
          const kept = provider === step.provider ? step.model : "";
          change({ connection, provider, model: kept || (chosen?.model?.name ?? "") });
        }}
        help="OpenAI, or anything that speaks like it (also a model of your own), or Anthropic."
      />
      <TextField
        label="Model"
        at="model"
        value={step.model}
        max={200}
        mono
        suggestions={usual ? [usual] : []}
        placeholder={usual}
        help="As the provider calls it. It needs to be one that your account may use."
        onChange={(model) => change({ model: model.trim() }, "model")}
      />
      <Mapped
        stepId={step.id}
        path="system"
        label="Instructions"
        help="Who the model is and how it answers. The same for every run."
        type="long_text"
        mapping={step.system}
        onChange={(system) => change({ system: isEmpty(system) ? null : system }, "system")}
      />
      <Mapped
        stepId={step.id}
        path="prompt"
        label="Prompt"
        help="The question. The model sees the values that you put in here, and nothing else of the run."
        type="long_text"
        required
        mapping={step.prompt}
        onChange={(prompt) => change({ prompt: prompt ?? emptyTemplate() }, "prompt")}
      />
      <Output step={step} onChange={(output, merge) => change({ output }, merge)} />
      <Reach />
      <Section title="Limits">
        <NumberField
          label="Tokens of the answer at most"
          value={step.max_tokens}
          min={1}
          max={8192}
          help="A token is about four letters. An answer that is cut off fails the step."
          onChange={(max_tokens) => max_tokens !== null && change({ max_tokens }, "max_tokens")}
        />
        <NumberField
          label="Time limit"
          unit="seconds"
          value={step.timeout ?? 30}
          min={5}
          max={60}
          help="From 5 to 60."
          onChange={(timeout) => timeout !== null && change({ timeout }, "timeout")}
        />
        <NumberField
          label="Temperature"
          value={step.temperature}
          min={0}
          max={2}
          fraction
          empty="As the provider sets it"
          help="0 answers the same way each time, higher numbers vary more. Some models take none: leave it empty for them."
          onChange={(temperature) => change({ temperature }, "temperature")}
        />
      </Section>
      <Cost step={step} />
    </>
  );
}

function Presets({ step, onChange }: FormProps<"ai">) {
  const presets = catalog.value.ai?.presets ?? [];
  if (readOnly.value || presets.length === 0) return null;
  const start = ({ step: { name: _, prompt, ...parts } }: AiPreset) =>
    // A prompt that is written stays, unless the example has one of its own.
    onChange({ ...step, ...structuredClone(parts), ...(prompt && !isEmpty(prompt) ? { prompt } : {}) });
  const buttons = (
    <ul class="lg-presets">
      {presets.map((preset) => (
        <li key={preset.key}>
          <Button size="small" onClick={() => start(preset)}>
            {preset.name}
          </Button>
          <span class="td-help">{preset.description}</span>
        </li>
      ))}
    </ul>
  );
  return isEmpty(step.prompt) && step.system === null ? (
    <Section title="Start from">{buttons}</Section>
  ) : (
    <More title="Start from an example">
      <p>Instructions, answer and limits of this step are replaced. Undo brings them back.</p>
      {buttons}
    </More>
  );
}

function Output({ step, onChange }: { step: AiStep; onChange: (output: AiOutput, merge?: string) => void }) {
  const { output } = step;
  return (
    <Section title="Answer" at="output">
      <Radios
        legend="The model answers with"
        value={output.type}
        options={[
          { value: "text", label: "Text", help: `The steps behind read “text”.` },
          { value: "labels", label: "One of given labels", help: "The steps behind read “label”." },
          { value: "schema", label: "Fields", help: "The steps behind read each field by its name." },
        ]}
        onChange={(type) => type !== output.type && onChange(outputOf(type))}
      />
      {output.type === "labels" && <AiLabels labels={output.labels} onChange={(labels) => onChange({ type: "labels", labels }, "labels")} />}
      {output.type === "schema" && <AiSchema schema={output.schema} onChange={(schema) => onChange({ type: "schema", schema }, "schema")} />}
      {output.type !== "text" && (
        <p class="td-help">An answer that does not fit is asked for once more, with the fault told. If it is wrong again, the step fails and shows it.</p>
      )}
    </Section>
  );
}

function outputOf(type: AiOutput["type"]): AiOutput {
  if (type === "labels") return { type, labels: [{ label: "", meaning: "" }, { label: "other", meaning: "anything else" }] };
  return type === "schema" ? { type, schema: schemaOf([]) } : { type };
}

/** The rules that publishing holds answers to. */
function Reach() {
  return (
    <More title="What may be done with the answer">
      <p>A model can be wrong, and a text that it reads can try to talk it into something. So an answer is data and nothing else: it is never a template, an address, a header or a name.</p>
      <p>
        Where it reaches a recipient, an identifier, an amount, or any step that creates or deletes something, publishing asks for one of these: a fixed set of
        labels, a field with allowed values or a pattern, or an Approval step before it.
      </p>
    </More>
  );
}

function Cost({ step }: { step: AiStep }) {
  const { fields } = useResolved(step.id);
  const text = ["system", "prompt"].map((key) => fields[key]?.text ?? templateOf(key === "prompt" ? step.prompt : step.system)).join("");
  const { inputTokens, most } = estimate(text, step.max_tokens, priceOf(connectionByCode(step.connection)?.model, step.model));
  const last = results.value[step.id]?.at(-1)?.outputs;
  const spent = last && typeof last === "object" && !Array.isArray(last) && typeof last["cost"] === "number" ? last["cost"] : null;
  const sandbox = connectionByCode(step.connection)?.sandbox ?? false;
  return (
    <p class="td-note td-note-info">
      <span>
        The prompt is about {inputTokens.toLocaleString()} tokens on the chosen event.{" "}
        {sandbox
          ? "The sandbox costs nothing."
          : most === null
            ? "No price of this model is entered at the connection, so no cost can be told."
            : `A run costs ${dollars(most)} at most.`}
        {spent !== null && ` The last test cost ${dollars(spent)}.`}
      </span>
    </p>
  );
}

const templateOf = (mapping: Mapping | null) =>
  mapping && "template" in mapping ? mapping.template : mapping && "value" in mapping ? String(mapping.value ?? "") : "";

const isEmpty = (mapping: Mapping | null) => templateOf(mapping).trim() === "" && !(mapping && ("object" in mapping || "list" in mapping));
