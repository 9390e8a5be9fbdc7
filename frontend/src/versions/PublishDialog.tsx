/* What stands between the draft and going live, what would change by it, and the act. */

import { useEffect, useId, useState } from "preact/hooks";

import { ApiError, get, pageData, post } from "../api/client";
import type { Problem } from "../api/types";
import { stepById } from "../definition/walk";
import { definition, live, openStep, problems, workflowStatus } from "../state/store";
import { Button, Dialog, Icon, toast } from "../ui";
import { Changes } from "./Changes";
import { lacksConnection, titleOfConnections } from "./standing";
import type { CaseResult, Checklist, Published } from "./types";
import { viewCompared } from "./viewing";

type Cases = { state: "running" } | { state: "done"; results: CaseResult[] } | { state: "failed"; why: string };

export function PublishDialog({ onClose }: { onClose: () => void }) {
  const [list, setList] = useState<Checklist | null>(null);
  const [cases, setCases] = useState<Cases>({ state: "running" });
  const [refusal, setRefusal] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [anyway, setAnyway] = useState(false);
  const note = useId();

  useEffect(() => {
    const stop = new AbortController();
    const unless = (then: () => void) => () => stop.signal.aborted || then();
    get<Checklist>("publish", {}, stop.signal).then(
      (answer) => {
        setList(answer);
        problems.value = answer.problems;
      },
      (error: unknown) => unless(() => setRefusal(asError(error)))(),
    );
    runCases(stop.signal).then(setCases, (error: unknown) =>
      unless(() => setCases({ state: "failed", why: asError(error).message }))(),
    );
    return () => stop.abort();
  }, []);

  const publish = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!list || busy) return;
    setBusy(true);
    setRefusal(null);
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get("note") ?? "");
    try {
      const done = await post<Published>("publish", { revision: list.revision, note: text });
      live.value = done.live;
      workflowStatus.value = done.workflow.status;
      toast(`Version ${done.number} is live. ${done.next_step}`.trim(), {
        look: "success",
        action: { label: "Open its page", run: () => location.assign(pageData().urls.overview) },
      });
      onClose();
    } catch (error) {
      setRefusal(asError(error));
      setBusy(false);
    }
  };
  const differing = cases.state === "done" ? cases.results.filter((one) => !one.passed) : [];
  const doubtful = cases.state === "failed" || differing.length > 0;
  const blocked = !list || list.problems.length > 0 || list.refused !== null;
  const nothing = list !== null && list.live !== null && list.changes.length === 0;

  return (
    <Dialog
      title="Publish"
      size="large"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Back to editing</Button>
          <Button
            look="primary"
            type="submit"
            form={`${note}-form`}
            disabled={blocked || busy || cases.state === "running" || (doubtful && !anyway)}
          >
            {busy ? "Publishing…" : "Publish"}
          </Button>
        </>
      }
    >
      {refusal && (
        <div class="td-note td-note-danger" role="alert">
          <strong>{refusal.message}</strong>
          <span>{refusal.remedy} What was live is unchanged.</span>
        </div>
      )}
      {!list && !refusal && <p class="td-help">Looking at the draft…</p>}
      {list && (
        <>
          <Problems problems={list.problems} onOpen={onClose} />
          {list.warnings.length > 0 && (
            <Line tone="warn" title="Known before it goes live">
              <ul class="vr-problems">
                {list.warnings.map((one) => (
                  <li key={one.step_id}>{one.message}</li>
                ))}
              </ul>
            </Line>
          )}
          {list.refused && (
            <Line tone="bad" title={list.refused.message}>
              <p class="td-help">{list.refused.remedy}</p>
            </Line>
          )}
          <TestCases cases={cases} anyway={anyway} onAnyway={setAnyway} />
          <Connections list={list} />
          <Line tone="info" title={list.live ? `Changes since version ${list.live}` : "This is the first version"}>
            {list.live !== null && <Changes changes={list.changes} none="Nothing differs from what is live." />}
            {list.live !== null && list.changes.length > 0 && (
              <Button
                size="small"
                icon="search"
                onClick={() => {
                  onClose();
                  void viewCompared("live", "draft").catch((error: unknown) => toast(asError(error).message, { look: "error" }));
                }}
              >
                Show them on the canvas
              </Button>
            )}
          </Line>
          {list.webhook && (
            <Line tone={list.webhook.unverified ? "bad" : "info"} title={list.webhook.told}>
              {list.webhook.unverified && (
                <p class="td-help">Nothing is verified here: anybody who knows the address can start this workflow.</p>
              )}
              <p class="td-help">Events: {list.webhook.event_types.join(", ")}</p>
            </Line>
          )}
          {list.schedule && (
            <Line tone="info" title="It runs at these times">
              <p class="td-help">
                {list.schedule.times.join(" · ")} ({list.schedule.zone})
              </p>
            </Line>
          )}
          <form id={`${note}-form`} onSubmit={(event) => void publish(event)}>
            <label class="vr-label" for={note}>
              Note
            </label>
            <input
              class="td-input"
              id={note}
              name="note"
              maxLength={200}
              placeholder={nothing ? "Publishing again makes an equal version" : "What this version changes (optional)"}
              disabled={blocked}
            />
          </form>
        </>
      )}
    </Dialog>
  );
}

function Problems({ problems: found, onOpen }: { problems: readonly Problem[]; onOpen: () => void }) {
  if (!found.length) return <Line tone="good" title="Every step is complete" />;
  return (
    <Line tone="bad" title={found.length === 1 ? "One problem must be mended" : `${found.length} problems must be mended`}>
      <ul class="vr-problems">
        {found.map((problem) => (
          <li key={`${problem.path} ${problem.message}`}>
            {canOpen(problem) ? (
              <button
                type="button"
                class="vr-link"
                onClick={() => {
                  onOpen();
                  openStep(problem.step_id);
                }}
              >
                {problem.step || "Trigger"}
              </button>
            ) : (
              <strong>{problem.step || "Workflow"}</strong>
            )}
            : {problem.message}
          </li>
        ))}
      </ul>
    </Line>
  );
}

const canOpen = (problem: Problem) =>
  problem.step_id === "trigger" || stepById(definition.value, problem.step_id) !== null;

interface TestCasesProps {
  cases: Cases;
  anyway: boolean;
  onAnyway: (anyway: boolean) => void;
}

function TestCases({ cases, anyway, onAnyway }: TestCasesProps) {
  if (cases.state === "running") return <Line tone="info" title="Running the test cases…" />;
  if (cases.state === "done" && !cases.results.length) return null;
  const differing = cases.state === "done" ? cases.results.filter((one) => !one.passed) : [];
  if (cases.state === "done" && !differing.length) {
    const count = cases.results.length;
    return <Line tone="good" title={count === 1 ? "The test case passes" : `All ${count} test cases pass`} />;
  }
  const title = cases.state === "failed" ? "The test cases could not be run" : "Test cases that differ";
  return (
    <Line tone="warn" title={title}>
      {cases.state === "failed" && <p class="td-help">{cases.why}</p>}
      {differing.map((one) => (
        <div key={one.code}>
          <strong>{one.name}</strong>
          <Changes changes={one.differences} none="" />
        </div>
      ))}
      <label class="vr-anyway">
        <input type="checkbox" checked={anyway} onChange={(event) => onAnyway(event.currentTarget.checked)} /> Publish
        all the same
      </label>
    </Line>
  );
}

function Connections({ list }: { list: Checklist }) {
  if (!list.connections.length) return null;
  const bad = list.connections.filter((one) => one.status === "broken");
  const missing = lacksConnection(list.problems);
  const title = titleOfConnections(list.connections, missing);
  return (
    <Line tone={bad.length > 0 ? "warn" : missing ? "info" : "good"} title={title}>
      <ul class="vr-connections">
        {list.connections.map((one) => (
          <li key={one.code}>
            <a class="td-link" href={one.url}>{one.name}</a>{" "}
            <span class="td-help">
              {[one.label, one.sandbox ? "sandbox" : "", one.status === "broken" ? "broken" : ""].filter(Boolean).join(" · ")}
            </span>
          </li>
        ))}
      </ul>
    </Line>
  );
}

interface LineProps {
  tone: "good" | "bad" | "warn" | "info";
  title: string;
  children?: preact.ComponentChildren;
}

const SIGNS = { good: "check", bad: "error", warn: "warning", info: "info" } as const;

function Line({ tone, title, children }: LineProps) {
  return (
    <section class={`vr-line vr-${tone}`}>
      <Icon name={SIGNS[tone]} size={1.125} />
      <div class="vr-line-body">
        <h3>{title}</h3>
        {children}
      </div>
    </section>
  );
}

async function runCases(signal: AbortSignal): Promise<Cases> {
  const { cases } = await get<{ cases: unknown[] }>("cases", {}, signal);
  if (!cases.length) return { state: "done", results: [] };
  return { state: "done", results: await post<CaseResult[]>("cases/run", {}, { signal }) };
}

const asError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, { message: "Something went wrong on this page.", remedy: "Reload it." });
