/** The line above the canvas while another state than the draft is looked at. */
import { pageData } from "../api/client";
import { Button, toast } from "../ui";
import { Changes } from "./Changes";
import { restore, told } from "./History";
import { counted, leave, nameOf, showSide, viewing, type Compare } from "./viewing";

export function Viewing() {
  const now = viewing.value;
  if (!now) return null;
  return (
    <div class="vr-banner" role="region" aria-label="What you are looking at">
      {now.kind === "version" ? <OneVersion number={now.number} /> : <TwoStates compare={now.compare} />}
      <Button size="small" look="primary" onClick={leave}>
        Back to the draft
      </Button>
    </div>
  );
}

function OneVersion({ number }: { number: number }) {
  return (
    <>
      <p>
        You are looking at <strong>version {number}</strong>. It can't be changed.
      </p>
      {pageData().can.edit && (
        <Button
          size="small"
          onClick={() => void restore(number).catch((error: unknown) => toast(told(error), { look: "error" }))}
        >
          Make it the draft
        </Button>
      )}
    </>
  );
}

function TwoStates({ compare }: { compare: Compare }) {
  const { added, removed, changed, moved } = counted.value;
  const shown = compare.side === "after" ? compare.b : compare.a;
  return (
    <>
      <p>
        From {nameOf(compare.a)} to {nameOf(compare.b)}; shown is <strong>{nameOf(shown)}</strong>.
      </p>
      <p class="vr-legend">
        <span class="vr-added">{added} added</span>
        <span class="vr-removed">{removed} removed</span>
        <span class="vr-changed">{changed} changed</span>
        {moved > 0 && <span class="vr-moved">{moved} moved</span>}
      </p>
      <div class="vr-sides" role="group" aria-label="Which side is shown">
        {(["before", "after"] as const).map((side) => (
          <Button
            key={side}
            size="small"
            aria-pressed={compare.side === side}
            onClick={() => showSide({ ...compare, side })}
          >
            {side === "before" ? "Before" : "After"}
          </Button>
        ))}
      </div>
      <details class="vr-words">
        <summary>In words</summary>
        <Changes changes={compare.answer.changes} none="Nothing differs." />
      </details>
    </>
  );
}
