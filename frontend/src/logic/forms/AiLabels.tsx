import type { AiLabel } from "../../definition/types";
import { readOnly } from "../../state/store";
import { Button } from "../../ui";
import { TextField } from "../parts";

const MOST = 50;

/** The labels that a model may answer with, each with its meaning. */
export function AiLabels({ labels, onChange }: { labels: AiLabel[]; onChange: (labels: AiLabel[]) => void }) {
  const put = (index: number, changes: Partial<AiLabel>) =>
    onChange(labels.map((one, at) => (at === index ? { ...one, ...changes } : one)));
  const twice = (label: string) => labels.filter((one) => one.label.trim() === label.trim()).length > 1;
  return (
    <div class="lg-rows">
      {labels.length < 2 && <p class="td-error">Give at least two labels.</p>}
      {labels.map((one, index) => (
        <div key={index} class="lg-line">
          <TextField
            label={`Label ${index + 1}`}
            value={one.label}
            max={100}
            error={!one.label.trim() ? "Give the label a name." : twice(one.label) ? "This label is there twice." : ""}
            onChange={(label) => put(index, { label })}
          />
          <TextField
            label="Meaning"
            value={one.meaning}
            max={1000}
            placeholder="When it fits"
            onChange={(meaning) => put(index, { meaning })}
          />
          {!readOnly.value && (
            <Button
              look="quiet"
              icon="trash"
              label={`Remove label “${one.label || index + 1}”`}
              onClick={() => onChange(labels.filter((_, at) => at !== index))}
            />
          )}
        </div>
      ))}
      {!readOnly.value && labels.length < MOST && (
        <div class="lg-buttons">
          <Button icon="add" onClick={() => onChange([...labels, { label: "", meaning: "" }])}>
            Add label
          </Button>
        </div>
      )}
    </div>
  );
}
