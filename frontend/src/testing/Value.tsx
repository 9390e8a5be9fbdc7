import type { Json } from "../definition/types";

const MANY = 50;

/** A value as a tree that opens; texts and numbers stand as they are. */
export function Value({ value, name, level = 0 }: { value: Json; name?: string; level?: number }) {
  const label = name === undefined ? null : <span class="tst-key">{name}</span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div class="tst-leaf">
        {label} <Plain value={value} />
      </div>
    );
  }
  const entries: [string, Json][] = Array.isArray(value)
    ? value.map((item, index) => [String(index), item])
    : Object.entries(value);
  if (!entries.length) {
    return (
      <div class="tst-leaf">
        {label} <span class="td-help">{Array.isArray(value) ? "empty list" : "nothing"}</span>
      </div>
    );
  }
  const inner = (
    <div class="tst-inner">
      {entries.slice(0, MANY).map(([key, item]) => (
        <Value key={key} name={key} value={item} level={level + 1} />
      ))}
      {entries.length > MANY && <div class="td-help">… and {entries.length - MANY} more</div>}
    </div>
  );
  if (name === undefined) return inner;
  return (
    <details class="tst-branch" open={level < 2 && entries.length <= 12}>
      <summary>
        {label} <span class="td-help">{Array.isArray(value) ? `list of ${entries.length}` : `${entries.length} fields`}</span>
      </summary>
      {inner}
    </details>
  );
}

function Plain({ value }: { value: string | number | boolean | null }) {
  if (value === null) return <span class="td-help">null</span>;
  if (value === "") return <span class="td-help">empty text</span>;
  return <span class={typeof value === "string" ? "tst-text" : "tst-number"}>{String(value)}</span>;
}
