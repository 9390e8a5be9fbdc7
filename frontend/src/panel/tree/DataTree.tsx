/** Everything before a step, as a tree to pick from: by click, by keys, or dragged into a field. */

import { useMemo, useRef, useState } from "preact/hooks";

import type { TreeGroup } from "../../api/types";
import { catalog, event, outputs, readOnly } from "../../state/store";
import { Icon, type IconName } from "../../ui";
import { announce, toast } from "../../ui/toasts";
import { insertIntoLastField, lastField, PATH_TYPE } from "../lastField";
import { moneyText } from "../money";
import { panelPart } from "../parts";
import { pillSource } from "../pills/template";
import { useKnownData } from "../previews";
import { narrowed, type Row, rowsOf, shown, TYPE_WORDS } from "./model";

export interface DataTreeProps {
  stepId: string;
  /** Show groups of this kind only, to look at, not to pick from. */
  only?: TreeGroup["kind"];
}

const KIND_ICONS: Record<TreeGroup["kind"], IconName> = {
  trigger: "bolt",
  step: "transform",
  run: "info",
  loop: "loop",
  error: "warning",
};

export function DataTree({ stepId, only }: DataTreeProps) {
  const { groups, failed } = useKnownData(stepId);
  const [search, setSearch] = useState("");
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(() => new Map());
  const [current, setCurrent] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const EventChooser = panelPart("event");
  const picks = only === undefined && !readOnly.value;
  const rows = useMemo(() => {
    const of = only === undefined ? groups : groups.filter((group) => group.kind === only);
    const isOpen = (id: string, level: number): boolean => toggled.get(id) ?? (search.trim() !== "" || level === 1);
    return rowsOf(narrowed(of, search), isOpen);
  }, [groups, search, toggled, only]);
  const active = Math.max(0, rows.findIndex((row) => row.id === current));

  const toggle = (row: Row, open: boolean): void => setToggled((before) => new Map(before).set(row.id, open));
  const focusRow = (index: number): void => {
    const row = rows[Math.max(0, Math.min(index, rows.length - 1))];
    if (row === undefined) return;
    setCurrent(row.id);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row.id)}"]`)?.focus());
  };
  const pick = (row: Row, goesBack: boolean): void => {
    if (row.path === "" || !picks) {
      if (row.hasChildren) toggle(row, !row.open);
      return;
    }
    const field = insertIntoLastField(stepId, row.path);
    if (field === null) toast("Click into the field that shall have it first, then pick the data.");
    else {
      announce(`${row.label} put into ${field.label}`);
      if (goesBack) field.focus();
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[active];
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") focusRow(active + 1);
    else if (event.key === "ArrowUp") focusRow(active - 1);
    else if (event.key === "Home") focusRow(0);
    else if (event.key === "End") focusRow(rows.length - 1);
    else if (event.key === "ArrowRight" && row.hasChildren && !row.open) toggle(row, true);
    else if (event.key === "ArrowRight" && row.hasChildren) focusRow(active + 1);
    else if (event.key === "ArrowLeft" && row.open && row.hasChildren) toggle(row, false);
    else if (event.key === "ArrowLeft") focusRow(parentOf(rows, active));
    else if (event.key === "Enter" || event.key === " ") pick(row, false);
    else if (event.key === "Escape" && lastField.value?.element.isConnected) lastField.value.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section class="dt" aria-label="Data of the steps before">
      <div class="dt-head">
        <input
          type="search"
          class="td-input"
          aria-label="Search data"
          placeholder="Search data"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "ArrowDown") return;
            event.preventDefault();
            focusRow(0);
          }}
        />
        {EventChooser !== null ? <EventChooser stepId={stepId} /> : <p class="pn-faint">Values {sourceWords()}</p>}
      </div>
      {failed !== "" && groups.length === 0 && <p class="td-error dt-none">{failed}</p>}
      {rows.length === 0 && failed === "" && <p class="dt-none pn-faint">{search ? "No data is called so." : "There is no data yet."}</p>}
      <ul ref={list} role="tree" aria-label="Data" class="dt-tree" onKeyDown={onKeyDown}>
        {rows.map((row, index) => (
          <TreeRow
            key={row.id}
            row={row}
            isActive={index === active}
            picks={picks}
            onFocus={() => setCurrent(row.id)}
            onPick={() => pick(row, true)}
            onToggle={() => toggle(row, !row.open)}
          />
        ))}
      </ul>
    </section>
  );
}

function parentOf(rows: Row[], index: number): number {
  const level = rows[index]?.level ?? 1;
  for (let at = index - 1; at >= 0; at -= 1) if ((rows[at]?.level ?? 0) < level) return at;
  return index;
}

/** Where the values come from, in words. */
function sourceWords(): string {
  const from = { sample: "from the sample event", delivery: "from a past event", json: "from pasted JSON" }[event.value.source];
  return Object.keys(outputs.value).length > 0 ? `${from} and the last test` : from;
}

interface TreeRowProps {
  row: Row;
  isActive: boolean;
  picks: boolean;
  onFocus: () => void;
  onPick: () => void;
  onToggle: () => void;
}

function TreeRow({ row, isActive, picks, onFocus, onPick, onToggle }: TreeRowProps) {
  const money = moneyText(row.example, row.money);
  const example = money === "" ? shown(row.example, 60) : `${shown(row.example, 60)} = ${money}`;
  const type = typeWords(row);
  const canPick = picks && row.path !== "";
  return (
    <li
      role="treeitem"
      data-row={row.id}
      class={`dt-row is-level-${Math.min(row.level, 6)}${row.group === null ? "" : " is-group"}`}
      tabIndex={isActive ? 0 : -1}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.count}
      aria-expanded={row.hasChildren ? row.open : undefined}
      aria-label={[row.label, type, example].filter(Boolean).join(", ")}
      draggable={canPick}
      title={row.path || undefined}
      onFocus={onFocus}
      onMouseDown={(event) => {
        // The field keeps its caret; a drag still begins.
        if (!canPick) event.preventDefault();
      }}
      onClick={onPick}
      onDragStart={(event) => {
        event.dataTransfer?.setData(PATH_TYPE, row.path);
        event.dataTransfer?.setData("text/plain", pillSource(row.path));
        if (event.dataTransfer !== null) event.dataTransfer.effectAllowed = "copy";
      }}
    >
      <span
        class="dt-toggle"
        aria-hidden="true"
        onClick={(event) => {
          if (!row.hasChildren) return;
          event.stopPropagation();
          onToggle();
        }}
      >
        {row.hasChildren && <Icon name={row.open ? "chevronDown" : "chevronRight"} size={0.875} />}
      </span>
      {row.group !== null && <GroupMark group={row.group} />}
      <span class="dt-label">{row.label}</span>
      {type !== "" && <span class="dt-type">{type}</span>}
      {example !== "" && !(row.open && row.hasChildren) && (
        <span class={row.known ? "dt-example" : "dt-example is-example"}>{example}</span>
      )}
    </li>
  );
}

/** The type, or for a number what it counts. */
function typeWords(row: Row): string {
  if (row.money !== null) return "minor units";
  const type = TYPE_WORDS[row.type] ?? row.type;
  return type === "number" && row.unit !== "" ? row.unit : type;
}

function GroupMark({ group }: { group: TreeGroup }) {
  const app = catalog.value.apps.find((each) => each.key === group.app);
  if (app?.logo) return <img class="dt-logo" src={app.logo} alt="" />;
  return <Icon name={KIND_ICONS[group.kind] ?? "info"} size={1} class="dt-logo" />;
}
