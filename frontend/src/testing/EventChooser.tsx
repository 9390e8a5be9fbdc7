/* Which event previews and tests are shown on: the sample, a past delivery, or pasted JSON. */

import { useEffect, useId, useState } from "preact/hooks";
import { get } from "../api/client";
import type { PastEvent } from "../api/types";
import type { Json } from "../definition/types";
import { event } from "../state/store";
import { Button } from "../ui";
import { asError } from "./state";
import type { Events } from "./types";

const MAX_CHARACTERS = 1024 * 1024;

export function EventChooser() {
  const chosen = event.value;
  const [source, setSource] = useState(chosen.source);
  const name = useId();
  const choose = (next: typeof source) => {
    setSource(next);
    if (next === "sample") event.value = { source: "sample" };
  };
  return (
    <fieldset class="tst-event">
      <legend>Event</legend>
      <div class="tst-sources">
        {(["sample", "delivery", "json"] as const).map((each) => (
          <label key={each}>
            <input type="radio" name={name} checked={source === each} onChange={() => choose(each)} />{" "}
            {{ sample: "Sample", delivery: "Past event", json: "Pasted JSON" }[each]}
          </label>
        ))}
      </div>
      {source === "delivery" && <PastEvents />}
      {source === "json" && <Pasted />}
    </fieldset>
  );
}

function PastEvents() {
  const [search, setSearch] = useState("");
  const [found, setFound] = useState<PastEvent[] | null>(null);
  const [why, setWhy] = useState("");
  const id = useId();
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      get<Events>("events", { search }, stop.signal).then(
        (answer) => setFound(answer.events),
        (error: unknown) => stop.signal.aborted || setWhy(asError(error).message),
      );
    }, search ? 250 : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [search]);
  const code = event.value.source === "delivery" ? event.value.code : null;
  return (
    <div class="tst-past">
      <label class="sr" for={id}>
        Search past events
      </label>
      <input
        id={id}
        class="td-input"
        type="search"
        placeholder="Search by id, type or text"
        value={search}
        onInput={(input) => setSearch(input.currentTarget.value)}
      />
      {why && <p class="td-error">{why}</p>}
      {found && !found.length && (
        <p class="td-help">{search ? "No event fits." : "Nothing has come for this trigger yet. Take the sample."}</p>
      )}
      <ul class="tst-events">
        {found?.map((each) => (
          <li key={each.code}>
            <button
              type="button"
              class="tst-event-choice"
              aria-pressed={each.code === code}
              onClick={() => (event.value = { source: "delivery", code: each.code })}
            >
              <span class="tst-event-name">{each.summary || each.event_id}</span>
              <span class="td-help">
                {each.type} · {when(each.at)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Pasted() {
  const kept = event.value.source === "json" ? JSON.stringify(event.value.payload, null, 2) : "";
  const [text, setText] = useState(kept);
  const [fault, setFault] = useState("");
  const id = useId();
  const use = () => {
    const read = readEvent(text);
    if (typeof read === "string") setFault(read);
    else {
      setFault("");
      event.value = { source: "json", payload: read.payload };
    }
  };
  return (
    <div class="tst-paste">
      <label for={id}>The event’s whole body, as the provider sends it</label>
      <textarea
        id={id}
        class="td-input tst-code"
        rows={6}
        spellcheck={false}
        value={text}
        aria-invalid={fault !== ""}
        aria-describedby={fault ? `${id}-fault` : undefined}
        onInput={(input) => setText(input.currentTarget.value)}
      />
      {fault && (
        <p id={`${id}-fault`} class="td-error" role="alert">
          {fault}
        </p>
      )}
      <div class="tst-row">
        <Button size="small" onClick={use} disabled={!text.trim()}>
          Use this event
        </Button>
        {!fault && text === kept && kept !== "" && <span class="td-help">In use.</span>}
      </div>
    </div>
  );
}

/** Read pasted text as an event, or say in words why it is none. */
export function readEvent(text: string): { payload: Json } | string {
  if (text.length > MAX_CHARACTERS) return "This is larger than 1 MiB, more than an event may have.";
  let payload: Json;
  try {
    payload = JSON.parse(text) as Json;
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : "it can't be read"}.`;
  }
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    return "An event is a JSON object: it begins with { and ends with }.";
  }
  return { payload };
}

const when = (text: string): string => {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
};
