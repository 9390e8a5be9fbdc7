/* Stop, and Wait for webhook. */

import type { Deadline } from "../../definition/types";
import { toast, Button } from "../../ui";
import { Mapped } from "../fields";
import type { FormProps } from "../forms";
import { ChoiceField, More, NumberField, Radios, Section } from "../parts";

export function StopForm({ step, onChange }: FormProps<"stop">) {
  return (
    <>
      <Radios
        legend="The run ends as"
        value={step.outcome}
        options={[
          { value: "succeeded", label: "Succeeded", help: "All is done that was to be done." },
          { value: "filtered", label: "Filtered", help: "This event is not meant: no failure, nobody is alerted." },
          { value: "failed", label: "Failed", help: "Something is wrong: alerts go out, and the run can be retried." },
        ]}
        onChange={(outcome) => onChange({ ...step, outcome })}
      />
      <Mapped
        stepId={step.id}
        path="message"
        label="Message"
        help="Shown in the list of runs as the reason. It may name values of the event."
        type="long_text"
        mapping={step.message}
        onChange={(message) => onChange({ ...step, message }, `${step.id}.message`)}
      />
      <p class="td-help">Steps behind a stop are never reached.</p>
    </>
  );
}

export function WaitWebhookForm({ step, onChange }: FormProps<"wait_webhook">) {
  const address = `{{ run.wait_urls.${step.id} }}`;
  const copy = () =>
    navigator.clipboard.writeText(address).then(
      () => toast("Copied. Paste it into a field of an earlier step."),
      () => toast("The browser did not allow copying. Select the text and copy it.", { look: "error" }),
    );
  return (
    <>
      <Section
        title="Address"
        help="Every run has an address of its own for this step, known from the start of the run. Give it to the other system in an earlier step, for example as the callback address in an HTTP request."
      >
        <div class="lg-copy">
          <code class="lg-mono">{address}</code>
          <Button size="small" icon="copy" onClick={() => void copy()}>
            Copy
          </Button>
        </div>
        <More title="How to call it">
          <p>
            The other system sends a POST with a JSON body, of 1 MiB at most. The first request counts: the run goes on, and what was sent stands in
            “body” for the steps behind. It is answered with 202. A second request, or one behind the time limit, is answered with 410.
          </p>
          <p>The address is a secret: whoever knows it can let the run go on. It works once.</p>
        </More>
      </Section>
      <DeadlineFields label="Wait at most" deadline={step.deadline} onChange={(deadline) => onChange({ ...step, deadline }, `${step.id}.deadline`)} />
      <Radios
        legend="When nothing came in time"
        value={step.on_timeout}
        options={[
          { value: "continue", label: "Go on", help: "“received” is false for the steps behind, so that a condition can ask for it." },
          { value: "stop", label: "End the run as filtered" },
          { value: "fail", label: "Fail the step", help: "Its error branch runs where there is one." },
        ]}
        onChange={(on_timeout) => onChange({ ...step, on_timeout })}
      />
    </>
  );
}

const LONGEST: Record<Deadline["unit"], number> = { minutes: 43_200, hours: 720, days: 30 };

/** A time limit of thirty days at most. */
export function DeadlineFields(props: { label: string; deadline: Deadline; onChange: (deadline: Deadline) => void }) {
  const { amount, unit } = props.deadline;
  return (
    <div class="lg-pair">
      <NumberField
        label={props.label}
        value={amount}
        min={1}
        max={LONGEST[unit]}
        help="30 days at most."
        onChange={(value) => value !== null && props.onChange({ amount: value, unit })}
      />
      <ChoiceField
        label="Unit"
        value={unit}
        options={[
          { value: "minutes", label: "minutes" },
          { value: "hours", label: "hours" },
          { value: "days", label: "days" },
        ]}
        onChange={(chosen) => props.onChange({ amount: Math.min(amount, LONGEST[chosen]), unit: chosen })}
      />
    </div>
  );
}
