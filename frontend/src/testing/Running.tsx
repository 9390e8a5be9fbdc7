/* What a test is run with, the question before a real one, and how it stands. */

import { useEffect, useState } from "preact/hooks";
import { pageData } from "../api/client";
import { definition, openStep, readOnly } from "../state/store";
import { walk } from "../definition/walk";
import { Button, Dialog, Icon } from "../ui";
import { assume, asError, failure, last, planReal, reads, stale, stopWaiting, testDry, testing, testReal } from "./state";
import type { Planned } from "./state";
import type { Plan } from "./types";

/** The buttons that test the workflow (null) or a step, and the settings of a dry test. */
export function TestButtons({ step }: { step: string | null }) {
  const [asking, ask] = useState(false);
  const busy = testing.value === (step ?? "");
  const what = step === null ? "workflow" : "step";
  if (!pageData().can.edit) return <p class="td-help">Your role may look at this workflow, not test it. Ask an admin of the workspace.</p>;
  return (
    <div class="tst-run">
      <div class="tst-row">
        <Button look="primary" icon="play" disabled={busy} onClick={() => void testDry(step)}>
          {busy ? "Testing…" : `Test ${what} (dry)`}
        </Button>
        {pageData().can.operate && (
          <Button disabled={busy || readOnly.value} onClick={() => ask(true)}>
            Test for real…
          </Button>
        )}
        {busy && (
          <Button look="quiet" onClick={stopWaiting}>
            Stop waiting
          </Button>
        )}
      </div>
      <Settings step={step} />
      {asking && <RealDialog step={step} onClose={() => ask(false)} />}
    </div>
  );
}

function Settings({ step }: { step: string | null }) {
  const kinds = new Set([...walk(definition.value.steps)].filter((each) => step === null || each.id === step).map((each) => each.kind));
  return (
    <div class="tst-settings">
      <label>
        <input type="checkbox" checked={reads.value} onChange={(input) => (reads.value = input.currentTarget.checked)} /> Let reads
        and questions to models go out
      </label>
      {kinds.has("approval") && (
        <label>
          Approvals are taken as{" "}
          <select
            class="td-input tst-small"
            value={assume.value.approval}
            onChange={(input) => (assume.value = { ...assume.value, approval: input.currentTarget.value as "approved" | "denied" })}
          >
            <option value="approved">approved</option>
            <option value="denied">denied</option>
          </select>
        </label>
      )}
      {kinds.has("wait_webhook") && (
        <label>
          Requests that are waited for are taken as{" "}
          <select
            class="td-input tst-small"
            value={assume.value.webhook}
            onChange={(input) => (assume.value = { ...assume.value, webhook: input.currentTarget.value as "received" | "timeout" })}
          >
            <option value="received">received</option>
            <option value="timeout">not received in time</option>
          </select>
        </label>
      )}
      <p class="td-help">A dry test never changes anything: what would be sent is shown instead.</p>
    </div>
  );
}

/** Names what a real test changes, and asks. */
function RealDialog({ step, onClose }: { step: string | null; onClose: () => void }) {
  const [planned, setPlanned] = useState<Planned | null>(null);
  const [why, setWhy] = useState("");
  const plan = planned?.plan ?? null;
  useEffect(() => {
    planReal(step).then(setPlanned, (error: unknown) => setWhy(`${asError(error).message} ${asError(error).remedy}`));
  }, []);
  const blocked = !plan || plan.problems.length > 0 || plan.refused !== "";
  const run = () => {
    if (!planned) return;
    onClose();
    void testReal(planned);
  };
  const changing = plan?.acts.filter((act) => act.changes) ?? [];
  const reading = plan?.acts.filter((act) => !act.changes) ?? [];
  return (
    <Dialog
      title={step === null ? "Test the workflow for real" : "Test this step for real"}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look={plan && plan.live > 0 ? "danger" : "primary"} disabled={blocked} onClick={run}>
            {plan && plan.live > 0 ? "Yes, change real accounts" : "Run the test"}
          </Button>
        </>
      }
    >
      {why && <p class="td-error">{why}</p>}
      {!plan && !why && <p class="td-help">Looking at the draft…</p>}
      {plan?.refused && <p class="td-error">{plan.refused}</p>}
      {plan && plan.problems.length > 0 && (
        <>
          <p class="td-error">These problems must be mended first:</p>
          <ul class="tst-list">
            {plan.problems.map((problem) => (
              <li key={`${problem.path} ${problem.message}`}>
                <button
                  type="button"
                  class="tst-link"
                  onClick={() => {
                    onClose();
                    openStep(problem.step_id || "trigger");
                  }}
                >
                  {problem.step || "Trigger"}
                </button>
                : {problem.message}
              </li>
            ))}
          </ul>
        </>
      )}
      {plan && !blocked && (
        <>
          <p>
            {changing.length
              ? "The worker runs the draft on the chosen event, as if it had happened now. This is what it can change:"
              : "The worker runs the draft on the chosen event. It changes nothing outside."}
          </p>
          <Acts acts={changing} />
          {reading.length > 0 && <p class="td-help">This changes nothing outside:</p>}
          <Acts acts={reading} />
          <p class="td-help">It stands in the run log, marked as a test, and its calls in the ledger. Delays are waited for.</p>
        </>
      )}
    </Dialog>
  );
}

function Acts({ acts }: { acts: Plan["acts"] }) {
  if (!acts.length) return null;
  return (
    <ul class="tst-list">
      {acts.map((act, index) => (
        <li key={index}>
          <strong>{act.what}</strong>
          {act.app && ` in ${act.app}`}
          {act.connection && ` over “${act.connection}”`}{" "}
          {act.connection && (
            <span class={`tst-badge ${act.sandbox ? "" : act.changes ? "tst-bad" : "tst-info"}`}>
              {act.sandbox ? "Sandbox" : "Real account"}
            </span>
          )}
          <span class="td-help"> Step “{act.step}”</span>
        </li>
      ))}
    </ul>
  );
}

/** What is to be said before the results: a refusal, that it runs, that it is out of date. */
export function Standing({ step }: { step: string | null }) {
  const test = last.value;
  const shown = test !== null && (step === null ? test.step === null : true);
  return (
    <>
      {failure.value && (
        <div class="td-note td-note-danger" role="alert">
          <strong>{failure.value.message}</strong>
          <span>{failure.value.remedy}</span>
        </div>
      )}
      {testing.value === (step ?? "") && (
        <p class="tst-row" role="status">
          <span class="tst-spinner" aria-hidden="true" /> {test?.mode === "real" && test.outcome === "" ? test.message : "Testing…"}
        </p>
      )}
      {shown && stale.value && testing.value === null && (
        <p class="tst-row tst-warn">
          <Icon name="warning" size={1} /> The draft or the event changed since this test. Test again to see what it does now.
        </p>
      )}
    </>
  );
}
