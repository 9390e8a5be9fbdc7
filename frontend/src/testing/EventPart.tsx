import { event } from "../state/store";
import { EventChooser } from "./EventChooser";

const WORDS = { sample: "sample", delivery: "a past event", json: "pasted JSON" } as const;

/** The choice of the event, folded: it stands above the data that it decides. */
export function EventPart() {
  return (
    <details class="tst tst-folded">
      <summary>Values from {WORDS[event.value.source]}</summary>
      <EventChooser />
    </details>
  );
}
