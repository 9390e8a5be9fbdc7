import { ConnectionPicker } from "../../connections";
import type { ApprovalStep, Step } from "../../definition/types";
import { locate } from "../../definition/walk";
import { useResolved } from "../../panel/previews";
import { definition, members, readOnly } from "../../state/store";
import { Button } from "../../ui";
import { emptyTemplate } from "../defaults";
import { Mapped } from "../fields";
import type { FormProps } from "../forms";
import { Radios, Section, TextField } from "../parts";
import { DeadlineFields } from "./ending";

const MOST_APPROVERS = 10;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Ask people before the run goes on. */
export function ApprovalForm({ step, onChange }: FormProps<"approval">) {
  return (
    <>
      <Mapped
        stepId={step.id}
        path="message"
        label="Message"
        help="What the approvers read above the values that will be sent."
        type="long_text"
        required
        mapping={step.message}
        onChange={(message) => onChange({ ...step, message: message ?? emptyTemplate() }, `${step.id}.message`)}
      />
      <Approvers step={step} onChange={onChange} />
      <ConnectionPicker
        app="email"
        value={step.connection}
        none="Send no e-mail: decide in the admin"
        label="Send links with"
        help="Each approver gets a link of their own, which works once. A member signs in with it; for others the record says by whose link it was decided."
        onChange={(connection) => onChange({ ...step, connection })}
      />
      <DeadlineFields
        label="Decide within"
        deadline={step.deadline}
        onChange={(deadline) => onChange({ ...step, deadline }, `${step.id}.deadline`)}
      />
      <Radios
        legend="When nobody decided in time"
        value={step.on_deadline}
        options={[
          { value: "deny", label: "Count it as denied" },
          { value: "approve", label: "Count it as approved", help: "The record says that the time ran out." },
        ]}
        onChange={(on_deadline) => onChange({ ...step, on_deadline })}
      />
      <Radios
        legend="When it is denied"
        value={step.on_denied}
        options={[
          { value: "stop", label: "End the run as filtered", help: "With who denied it and when as the reason." },
          { value: "continue", label: "Go on", help: "“approved” is false for the steps behind, so that a condition can ask for it." },
        ]}
        onChange={(on_denied) => onChange({ ...step, on_denied })}
      />
      <Shown step={step} />
    </>
  );
}

function Approvers({ step, onChange }: FormProps<"approval">) {
  const set = (emails: string[], merge?: string) => onChange({ ...step, approvers: emails.map((email) => ({ email })) }, merge);
  const emails = step.approvers.map(({ email }) => email);
  const free = members.value.filter(({ email }) => email && !emails.includes(email));
  const put = (index: number, email: string) => set(emails.map((one, at) => (at === index ? email.trim() : one)), `${step.id}.approver.${index}`);
  return (
    <Section title="Who may decide" at="approvers" help="One of them is enough. Choose members, or type any e-mail address.">
      {emails.length === 0 && <p class="td-error">Name at least one person.</p>}
      {emails.map((email, index) => (
        <div key={index} class="lg-line">
          <TextField
            label={`Approver ${index + 1}`}
            at={`approvers.${index}`}
            value={email}
            max={254}
            suggestions={free.map((member) => member.email)}
            error={email && !EMAIL.test(email) ? "This is not an e-mail address." : ""}
            help={members.value.find((member) => member.email === email)?.name}
            onChange={(changed) => put(index, changed)}
          />
          {!readOnly.value && (
            <Button
              look="quiet"
              icon="trash"
              label={`Remove approver ${index + 1}`}
              onClick={() => set(emails.filter((_, at) => at !== index))}
            />
          )}
        </div>
      ))}
      {!readOnly.value && emails.length < MOST_APPROVERS && (
        <div class="lg-buttons">
          {free.length > 0 && (
            <select
              class="td-input"
              aria-label="Add a member"
              value=""
              onChange={(event) => {
                const email = event.currentTarget.value;
                event.currentTarget.value = "";
                if (email) set([...emails, email]);
              }}
            >
              <option value="">Add a member…</option>
              {free.map((member) => (
                <option key={member.email} value={member.email}>
                  {member.name && member.name !== member.email ? `${member.name} (${member.email})` : member.email}
                </option>
              ))}
            </select>
          )}
          <Button icon="add" onClick={() => set([...emails, ""])}>
            Add an address
          </Button>
        </div>
      )}
    </Section>
  );
}

/** The page of an approver, as far as it is known before a run. */
function Shown({ step }: { step: ApprovalStep }) {
  const message = useResolved(step.id).fields["message"];
  const text = message ? message.text : "template" in step.message ? step.message.template : "";
  const behind = actionsBehind(step);
  return (
    <Section title="What the approver sees">
      <div class="lg-paper">
        <p class="lg-message">{text || "(no message)"}</p>
        {behind.length > 0 ? (
          <>
            <p>If you approve, this is sent:</p>
            <ul>
              {behind.map((one) => (
                <li key={one.id}>{one.name}</li>
              ))}
            </ul>
            <p class="td-help">Each with its values as they will be sent; what depends on a later step is named without.</p>
          </>
        ) : (
          <p class="td-help">No action stands behind this step in its branch, so there is nothing to show besides the message.</p>
        )}
        <p class="lg-decisions" aria-hidden="true">
          <span class="td-badge td-success">Approve</span> <span class="td-badge td-danger">Deny</span>
        </p>
      </div>
    </Section>
  );
}

function actionsBehind(step: ApprovalStep): Step[] {
  const located = locate(definition.value, step.id);
  const behind = located ? located.siblings.slice(located.place.index + 1) : [];
  return behind.filter(({ kind, disabled }) => kind === "action" && !disabled);
}
