/* What a test shows of one step. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { RequestShown } from "../api/types";
import type { Json } from "../definition/types";
import { stepById } from "../definition/walk";
import { goToField } from "../panel/Problems";
import { showTab } from "../panel/StepPanel";
import { definition, openStep } from "../state/store";
import { Button, Icon, toast } from "../ui";
import { asCurl } from "./curl";
import { costOf, toneOf, wordFor } from "./outcome";
import type { Result } from "./types";
import { Value } from "./Value";

const SIGNS = { good: "check", bad: "error", warn: "warning", info: "info" } as const;

/** The sign and word of an outcome. */
export function Badge({ outcome }: { outcome: string }) {
  const tone = toneOf(outcome);
  return (
    <span class={`tst-badge tst-${tone}`}>
      <Icon name={SIGNS[tone]} size={0.875} /> {wordFor(outcome)}
    </span>
  );
}

export function ResultView({ result }: { result: Result }) {
  const cost = costOf(result);
  return (
    <div class="tst-result">
      <p class="tst-row">
        <Badge outcome={result.outcome} />
        {result.branch && <span class="tst-badge">Branch: {result.branch}</span>}
        {result.sampled && (
          <span class="tst-badge tst-info" title="Nothing was sent, so these outputs are the action’s examples">
            Example outputs
          </span>
        )}
        {result.ms > 0 && <span class="td-help">{result.ms} ms</span>}
        {cost && <span class="td-help">{cost}</span>}
      </p>
      {result.note && <p class="td-help">{result.note}</p>}
      {result.error && <Fault result={result} />}
      <Conditions conditions={result.conditions} />
      {result.requests.map((request, index) => (
        <Request key={index} request={request} title="Would be sent" open />
      ))}
      {result.exchanges.map((exchange, index) => (
        <Exchange key={index} exchange={exchange} />
      ))}
      <Part title="Inputs" value={result.inputs} />
      <Part title="Outputs" value={result.outputs} open />
    </div>
  );
}

function Fault({ result }: { result: Result }) {
  const error = result.error;
  if (!error) return null;
  return (
    <div class="td-note td-note-danger" role="alert">
      <strong>{error.message}</strong>
      {error.remedy && <span>{error.remedy}</span>}
      {error.field && (
        <Button size="small" onClick={() => jump(result.id, error.field)}>
          Go to the field
        </Button>
      )}
    </div>
  );
}

/** Open the step's panel where the field is, and put the focus into it. */
function jump(step: string, field: string): void {
  const found = stepById(definition.value, step);
  const isInput = found?.kind === "action" && (field.split(".")[0] ?? "") in found.inputs;
  showTab(isInput ? "map" : "setup");
  openStep(step);
  goToField(field);
}

function Conditions({ conditions }: { conditions: Json[] }) {
  if (!conditions.length) return null;
  return (
    <ul class="tst-conditions">
      {conditions.map((each, index) => {
        const leaf = (typeof each === "object" && each !== null && !Array.isArray(each) ? each : {}) as Record<string, Json>;
        const held = leaf["result"] === true;
        return (
          <li key={index} class={held ? "tst-good" : "tst-bad"}>
            <Icon name={held ? "check" : "close"} size={0.875} label={held ? "Holds" : "Does not hold"} />
            <span>
              {shown(leaf["left"])} {String(leaf["op"] ?? "").replaceAll("_", " ")} {shown(leaf["right"])}
              {typeof leaf["note"] === "string" && leaf["note"] && <span class="td-help"> {leaf["note"]}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? `“${value}”` : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function Request({ request, title, open = false }: { request: RequestShown; title: string; open?: boolean }) {
  const headers = Object.entries(request.headers ?? {});
  const body = typeof request.body === "string" ? pretty(request.body) : JSON.stringify(request.body, null, 2);
  return (
    <Folded
      open={open}
      title={
        <>
          {title}: <code class="tst-address">{`${request.method} ${request.url}`}</code>
        </>
      }
    >
      <dl class="tst-headers">
        {headers.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {request.key && (
          <div>
            <dt>Idempotency key</dt>
            <dd>{request.key}</dd>
          </div>
        )}
      </dl>
      {body && <pre class="tst-code" tabIndex={0}>{body}</pre>}
      <Button size="small" icon="copy" onClick={() => void copy(asCurl(request))}>
        Copy as curl
      </Button>
    </Folded>
  );
}

function Exchange({ exchange }: { exchange: Json }) {
  const told = (typeof exchange === "object" && exchange !== null && !Array.isArray(exchange) ? exchange : {}) as Record<string, Json>;
  const status = told["status"];
  const answer = typeof told["response_body"] === "string" ? pretty(told["response_body"]) : "";
  const request = {
    method: String(told["method"] ?? ""),
    url: String(told["url"] ?? ""),
    headers: (told["headers"] ?? {}) as Record<string, string>,
    body: told["body"] ?? "",
    key: typeof told["key"] === "string" ? told["key"] : "",
  };
  const fault = typeof told["error"] === "string" ? told["error"] : "";
  return (
    <>
      <Request request={request} title={status === null || status === undefined ? "No answer" : `Answered ${String(status)}`} />
      {(answer || fault) && (
        <Folded title="The answer">
          {fault && <p class="td-error">{fault}</p>}
          {answer && <pre class="tst-code" tabIndex={0}>{answer}</pre>}
        </Folded>
      )}
    </>
  );
}

function Part({ title, value, open = false }: { title: string; value: Json; open?: boolean }) {
  if (typeof value !== "object" || value === null || !Object.keys(value).length) return null;
  return (
    <Folded title={title} open={open}>
      <Value value={value} />
    </Folded>
  );
}

function Folded({ title, open = false, children }: { title: ComponentChildren; open?: boolean; children: ComponentChildren }) {
  // Drawn only when it is open: a result may hold much that nobody looks at.
  const [shown, setShown] = useState(open);
  return (
    <details class="tst-part" open={shown} onToggle={(toggled) => setShown(toggled.currentTarget.open)}>
      <summary>{title}</summary>
      {shown && <div class="tst-part-body">{children}</div>}
    </details>
  );
}

function pretty(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied. Secrets are masked: put yours in.", { look: "success" });
  } catch {
    toast("The browser did not let the text be copied.", { look: "error" });
  }
}
