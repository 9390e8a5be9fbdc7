import { useEffect, useState } from "preact/hooks";

import type { DelayStep, Json } from "../../definition/types";
import { readOnly } from "../../state/store";
import { Mapped } from "../fields";
import type { FormProps } from "../forms";
import { ChoiceField, Labelled, Radios, TextField, Tick } from "../parts";
import { useResolved } from "../../panel/previews";
import { WEEKDAYS, delayPreview } from "../waiting";

/** Wait for a time, until a moment, or until a time of day. */
export function DelayForm({ step, onChange }: FormProps<"delay">) {
  const change = (changes: Partial<DelayStep>, merge?: string) => onChange({ ...step, ...changes }, merge && `${step.id}.${merge}`);
  return (
    <>
      <Radios
        legend="Wait"
        value={step.mode}
        options={[
          { value: "for", label: "For a time", help: "Such as 2 hours from when the run comes here." },
          { value: "until", label: "Until a moment", help: "Such as the end of a trial, told by the event." },
          { value: "time_of_day", label: "Until a time of day", help: "Such as the next workday at 09:00." },
        ]}
        onChange={(mode) => change({ mode })}
      />
      {step.mode === "for" && (
        <div class="lg-pair">
          <Mapped
            stepId={step.id}
            path="amount"
            label="Amount"
            type="number"
            required
            mapping={step.amount ?? null}
            onChange={(amount) => change({ amount }, "amount")}
          />
          <ChoiceField
            label="Unit"
            value={step.unit ?? "minutes"}
            options={[
              { value: "seconds", label: "seconds" },
              { value: "minutes", label: "minutes" },
              { value: "hours", label: "hours" },
              { value: "days", label: "days" },
            ]}
            onChange={(unit) => change({ unit })}
          />
        </div>
      )}
      {step.mode === "until" && (
        <Mapped
          stepId={step.id}
          path="until"
          label="Moment"
          help="A time field of an earlier step, or a date such as 2027-01-31T09:00:00Z. A moment that is past lets the run go on at once."
          type="time"
          required
          mapping={step.until ?? null}
          onChange={(until) => change({ until }, "until")}
        />
      )}
      {step.mode === "time_of_day" && <TimeOfDay step={step} change={change} />}
      <Preview step={step} />
      <p class="td-help">A run waits 90 days at most; a step that asks for more fails.</p>
    </>
  );
}

function TimeOfDay({ step, change }: { step: DelayStep; change: (changes: Partial<DelayStep>, merge?: string) => void }) {
  const days = step.days ?? [];
  return (
    <>
      <div class="lg-pair">
        <Labelled label="Time" at="time">
          {({ id, describedBy }) => (
            <input
              id={id}
              class="td-input"
              type="time"
              value={step.time ?? ""}
              readOnly={readOnly.value}
              aria-describedby={describedBy}
              onInput={(event) => event.currentTarget.value && change({ time: event.currentTarget.value.slice(0, 5) }, "time")}
            />
          )}
        </Labelled>
        <TextField
          label="Time zone"
          at="zone"
          value={step.zone ?? "UTC"}
          max={64}
          suggestions={Intl.supportedValuesOf("timeZone")}
          onChange={(zone) => change({ zone: zone.trim() }, "zone")}
        />
      </div>
      <fieldset class="lg-radios">
        <legend>On</legend>
        <p class="td-help">{days.length ? "Only on the days that are ticked." : "None is ticked, so every day counts."}</p>
        <div class="lg-days">
          {WEEKDAYS.map((name, day) => (
            <Tick
              key={name}
              label={name}
              checked={days.includes(day)}
              onChange={(on) => change({ days: on ? [...days, day].sort((a, b) => a - b) : days.filter((one) => one !== day) })}
            />
          ))}
        </div>
      </fieldset>
    </>
  );
}

/** How often the preview is told anew, in milliseconds: it counts from now. */
const AGAIN = 30_000;

function Preview({ step }: { step: DelayStep }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), AGAIN);
    return () => clearInterval(timer);
  }, []);
  const fields = useResolved(step.id).fields;
  const preview = delayPreview(step, { now, value: valueOf(step, fields[step.mode === "for" ? "amount" : "until"]?.value) });
  return (
    <p class={preview?.wrong ? "td-note td-note-danger" : "td-note td-note-info"} role="status" hidden={!preview}>
      {preview?.text}
    </p>
  );
}

/** A fixed value is known without asking. */
function valueOf(step: DelayStep, resolved: Json | undefined): Json {
  const mapping = step.mode === "for" ? step.amount : step.until;
  return mapping && "value" in mapping ? mapping.value : (resolved ?? null);
}
