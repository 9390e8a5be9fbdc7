/* Test cases that are kept with the workflow. */

import { useEffect, useId, useState } from "preact/hooks";
import { get, post } from "../api/client";
import { definition, event, openStep, readOnly } from "../state/store";
import { stepById } from "../definition/walk";
import { Button, Icon, toast } from "../ui";
import { assume, asError, keptAnswers, last, stale } from "./state";
import type { CaseResult, TestCase } from "./types";

export function Cases() {
  const [cases, setCases] = useState<TestCase[] | null>(null);
  const [most, setMost] = useState(20);
  const [found, setFound] = useState<CaseResult[]>([]);
  const [busy, setBusy] = useState(false);
  const load = () =>
    get<{ cases: TestCase[]; most: number }>("cases").then((answer) => {
      setCases(answer.cases);
      setMost(answer.most);
    }, complain);
  useEffect(() => void load(), []);
  const run = async () => {
    setBusy(true);
    try {
      setFound(await post<CaseResult[]>("cases/run", { definition: definition.value }));
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  return (
    <section class="tst-cases" aria-label="Test cases">
      <h3>Test cases</h3>
      <p class="td-help">
        An event and what the workflow does with it. They are run without calling anybody, here and before publishing.
      </p>
      <Keep onKept={() => void load()} full={(cases?.length ?? 0) >= most} />
      {cases && !cases.length && <p class="td-help">None yet. Run a dry test, then keep it.</p>}
      <ul class="tst-case-list">
        {cases?.map((each) => (
          <CaseRow key={each.code} each={each} result={found.find((one) => one.code === each.code)} onChange={() => void load()} />
        ))}
      </ul>
      {cases && cases.length > 0 && (
        <Button icon="play" disabled={busy} onClick={() => void run()}>
          {busy ? "Running…" : "Run all test cases"}
        </Button>
      )}
    </section>
  );
}

function Keep({ onKept, full }: { onKept: () => void; full: boolean }) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();
  const test = last.value;
  if (readOnly.value || !test || test.mode !== "dry" || test.step !== null || stale.value) return null;
  const keep = async (submitted: SubmitEvent) => {
    submitted.preventDefault();
    setBusy(true);
    try {
      await post("cases", {
        name,
        definition: definition.value,
        event: event.value,
        assume: { ...assume.value, answers: keptAnswers() },
      });
      setName("");
      toast("Kept as a test case.", { look: "success" });
      onKept();
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  return (
    <form class="tst-row" onSubmit={(submitted) => void keep(submitted)}>
      <label class="sr" for={id}>
        Name of the test case
      </label>
      <input
        id={id}
        class="td-input"
        required
        maxLength={120}
        placeholder="Name it, such as “Third attempt”"
        value={name}
        onInput={(input) => setName(input.currentTarget.value)}
      />
      <Button type="submit" disabled={busy || full || !name.trim()}>
        {full ? "The list is full" : "Keep this test"}
      </Button>
    </form>
  );
}

function CaseRow({ each, result, onChange }: { each: TestCase; result: CaseResult | undefined; onChange: () => void }) {
  const [renaming, setRenaming] = useState<string | null>(null);
  const change = async (body: object) => {
    try {
      await post(`cases/${each.code}`, body);
      setRenaming(null);
      onChange();
    } catch (error) {
      complain(error);
    }
  };
  return (
    <li>
      <div class="tst-row">
        {result && (
          <Icon
            name={result.passed ? "check" : "warning"}
            class={result.passed ? "tst-good" : "tst-warn"}
            label={result.passed ? "Passes" : "Differs"}
          />
        )}
        {renaming === null ? (
          <strong class="tst-name">{each.name}</strong>
        ) : (
          <form
            class="tst-row"
            onSubmit={(submitted) => {
              submitted.preventDefault();
              void change({ name: renaming });
            }}
          >
            <input
              class="td-input"
              aria-label="Name of the test case"
              maxLength={120}
              value={renaming}
              onInput={(input) => setRenaming(input.currentTarget.value)}
            />
            <Button size="small" type="submit">
              Rename
            </Button>
          </form>
        )}
        <span class="td-help">
          {each.steps} steps, {each.requests} requests
        </span>
        {!readOnly.value && (
          <span class="tst-acts">
            <Button
              look="quiet"
              size="small"
              icon="edit"
              label={`Rename “${each.name}”`}
              onClick={() => setRenaming(renaming === null ? each.name : null)}
            />
            <Button
              look="quiet"
              size="small"
              icon="trash"
              label={`Delete “${each.name}”`}
              onClick={() => void change({ delete: true })}
            />
          </span>
        )}
      </div>
      {result && !result.passed && <Differences result={result} />}
    </li>
  );
}

function Differences({ result }: { result: CaseResult }) {
  const steps = Object.keys(result.steps).filter((id) => stepById(definition.value, id) !== null);
  return (
    <>
      <ul class="tst-list">
        {result.differences.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      {steps.length > 0 && (
        <p class="tst-row">
          {steps.map((id) => (
            <Button key={id} size="small" onClick={() => openStep(id)}>
              Open “{stepById(definition.value, id)?.name}”
            </Button>
          ))}
        </p>
      )}
    </>
  );
}

const complain = (error: unknown) => {
  const told = asError(error);
  toast(`${told.message} ${told.remedy}`.trim(), { look: "error" });
};
