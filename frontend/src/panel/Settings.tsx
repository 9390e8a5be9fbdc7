/** What every step has: name, note, what happens when it fails, retries, switched off. */

import { useId } from "preact/hooks";

import { addErrorBranch, removeErrorBranch } from "../definition/edit";
import type { Retry, Step } from "../definition/types";
import { edit, readOnly } from "../state/store";
import { changeStep } from "./changing";
import { FIRST_RULE, HOUR, LONGEST_DELAY, LONGEST_HORIZON, MOST_ATTEMPTS, sentence } from "./retrying";

export function NameField({ step }: { step: Step }) {
  const id = useId();
  return (
    <div class="mf" data-field="name">
      <label class="mf-label" for={id}>
        Name
      </label>
      <input
        id={id}
        class="td-input"
        maxLength={120}
        value={step.name}
        disabled={readOnly.value}
        onInput={(event) => {
          const name = event.currentTarget.value;
          if (name.trim() !== "") changeStep(step, "Rename step", { name }, "name");
        }}
        onBlur={(event) => (event.currentTarget.value = step.name)}
      />
    </div>
  );
}

export function CommonSettings({ step }: { step: Step }) {
  const note = useId();
  return (
    <details class="pn-more" open={step.note !== "" || step.on_error !== null || step.retry !== null}>
      <summary>Note, and if it fails</summary>
      <div class="mf" data-field="note">
        <label class="mf-label" for={note}>
          Note
        </label>
        <textarea
          id={note}
          class="td-input"
          rows={2}
          value={step.note}
          disabled={readOnly.value}
          placeholder="For whoever reads this workflow next"
          onInput={(event) => changeStep(step, "Change note", { note: event.currentTarget.value }, "note")}
        />
      </div>
      {(step.kind === "action" || step.kind === "ai") && <RetrySetting step={step} />}
      {step.kind !== "stop" && <ErrorBranchSetting step={step} />}
      {step.kind === "action" && <TimeoutSetting step={step} />}
      <Check
        label="Switched off"
        help="Runs pass the step by, and what it gives is empty."
        checked={step.disabled}
        field="disabled"
        onChange={(disabled) => changeStep(step, disabled ? "Switch off step" : "Switch on step", { disabled })}
      />
    </details>
  );
}

function ErrorBranchSetting({ step }: { step: Step }) {
  const id = useId();
  const branch = step.on_error;
  const count = branch?.steps.length ?? 0;
  return (
    <>
      <Check
        label="Error branch"
        help={
          count > 0
            ? `It has ${count === 1 ? "a step" : `${count} steps`}; without the branch they go too. Undo brings them back.`
            : "Steps that are done when this one fails for good, beside it on the canvas."
        }
        checked={branch !== null}
        field="on_error"
        onChange={(isOn) =>
          edit(isOn ? "Add error branch" : "Remove error branch", (draft) =>
            isOn ? addErrorBranch(draft, step.id) : removeErrorBranch(draft, step.id),
          )
        }
      />
      {branch !== null && (
        <div class="mf is-inner">
          <label class="mf-label" for={id}>
            Behind the error branch
          </label>
          <select
            id={id}
            class="td-input"
            value={branch.then}
            disabled={readOnly.value}
            onChange={(event) =>
              changeStep(step, "Change error branch", {
                on_error: { ...branch, then: event.currentTarget.value === "fail" ? "fail" : "continue" },
              })
            }
          >
            <option value="continue">The run goes on; what this step gives is empty</option>
            <option value="fail">The run ends as failed, with the error of this step</option>
          </select>
        </div>
      )}
    </>
  );
}

function RetrySetting({ step }: { step: Step }) {
  const { retry } = step;
  const change = (part: Partial<Retry>) =>
    retry !== null && changeStep(step, "Change retries", { retry: { ...retry, ...part } }, "retry");
  return (
    <>
      <div class="mf" data-field="retry-sentence">
        <p class="td-strong">If it fails</p>
        <p class="td-help" aria-live="polite">
          {sentence(retry, step.on_error)}
        </p>
      </div>
      <Check
        label="Its own retry rule"
        help="Only errors that pass are repeated. A call that may have happened and can't be repeated safely asks a person, whatever the rule says; one with a key does so after 23 hours."
        checked={retry !== null}
        field="retry"
        onChange={(isOn) => changeStep(step, "Change retries", { retry: isOn ? FIRST_RULE : null })}
      />
      {retry !== null && (
        <>
          <div class="pn-inline is-inner">
            <NumberField
              label="Attempts"
              value={retry.attempts}
              least={1}
              most={MOST_ATTEMPTS}
              onChange={(attempts) => change({ attempts })}
            />
            <NumberField
              label="First pause, in seconds"
              value={retry.first_delay}
              least={1}
              most={LONGEST_DELAY}
              onChange={(first_delay) => change({ first_delay })}
            />
          </div>
          <div class="pn-inline is-inner">
            <NumberField
              label="Each pause times"
              value={retry.factor ?? 2}
              least={1}
              most={10}
              onChange={(factor) => change({ factor })}
            />
            <NumberField
              label="Longest pause, in minutes"
              value={Math.max(1, Math.round((retry.max_delay ?? HOUR) / 60))}
              least={1}
              most={LONGEST_DELAY / 60}
              onChange={(minutes) => change({ max_delay: minutes * 60 })}
            />
          </div>
          <Check
            label="Not longer than"
            help="However many attempts are left. At most 72 hours."
            checked={retry.horizon != null}
            field="horizon"
            onChange={(isOn) => change({ horizon: isOn ? 24 * HOUR : null })}
          />
          {retry.horizon != null && (
            <div class="pn-inline is-inner">
              <NumberField
                label="Hours"
                value={Math.max(1, Math.round(retry.horizon / HOUR))}
                least={1}
                most={LONGEST_HORIZON / HOUR}
                onChange={(hours) => change({ horizon: hours * HOUR })}
              />
            </div>
          )}
        </>
      )}
    </>
  );
}

function TimeoutSetting({ step }: { step: Step }) {
  return (
    <>
      <Check
        label="Its own time-out"
        help="How long one call may take before it counts as failed."
        checked={step.timeout !== null}
        field="timeout"
        onChange={(isOn) => changeStep(step, "Change time-out", { timeout: isOn ? 8 : null })}
      />
      {step.timeout !== null && (
        <div class="pn-inline is-inner">
          <NumberField
            label="Seconds"
            value={step.timeout}
            least={1}
            most={8}
            onChange={(timeout) => changeStep(step, "Change time-out", { timeout }, "timeout")}
          />
        </div>
      )}
    </>
  );
}

interface CheckProps {
  label: string;
  help: string;
  checked: boolean;
  field: string;
  onChange: (checked: boolean) => void;
}

export function Check({ label, help, checked, field, onChange }: CheckProps) {
  const id = useId();
  return (
    <div class="mf is-check" data-field={field}>
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={readOnly.value}
        aria-describedby={`${id}-help`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        <p id={`${id}-help`} class="td-help">
          {help}
        </p>
      </div>
    </div>
  );
}

interface NumberFieldProps {
  label: string;
  value: number;
  least: number;
  most: number;
  onChange: (value: number) => void;
}

function NumberField({ label, value, least, most, onChange }: NumberFieldProps) {
  const id = useId();
  return (
    <div class="mf">
      <label class="mf-label" for={id}>
        {label}
      </label>
      <input
        id={id}
        class="td-input is-short"
        type="number"
        min={least}
        max={most}
        step={1}
        value={value}
        disabled={readOnly.value}
        onInput={(event) => {
          const number = event.currentTarget.valueAsNumber;
          if (Number.isInteger(number) && number >= least && number <= most) onChange(number);
        }}
        onBlur={(event) => (event.currentTarget.value = String(value))}
      />
    </div>
  );
}
