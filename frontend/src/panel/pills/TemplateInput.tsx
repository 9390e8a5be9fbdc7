/** A text with pills: its value is the source of a template. */

import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import * as store from "../../state/store";
import { announce } from "../../ui/toasts";
import { lastField } from "../lastField";
import { type KnownData, dataKey, filterLabels, renderTemplate, useKnownData } from "../previews";
import { searchOffers, shown } from "../tree/model";
import { Completion, optionId, type Suggestion } from "./Completion";
import { completeFilter, completePath, searchFilters, type Wanted, wantedAt } from "./completion";
import { caretRect, type PillView } from "./dom";
import { filterWords, nameOf } from "./labels";
import type { Editing } from "./model";
import { PillMenu } from "./PillMenu";
import { Surface } from "./surface";
import { formatPill, type Pill, type PillToken, tokenize } from "./template";

export interface TemplateInputProps {
  /** The template's source, or plain text. */
  value: string;
  onChange: (source: string) => void;
  stepId: string;
  label: string;
  multiline?: boolean;
  id?: string;
  describedBy?: string;
  placeholder?: string;
  invalid?: boolean;
  required?: boolean;
  readOnly?: boolean;
  /** Called when the text is left. */
  onLeave?: () => void;
}

interface Menu {
  pill: PillToken;
  element: HTMLElement;
}

const MOST_SUGGESTED = 40;

export function TemplateInput(props: TemplateInputProps) {
  const { value, stepId, label, multiline = false } = props;
  const host = useRef<HTMLDivElement>(null);
  const surface = useRef<Surface | null>(null);
  const listId = useId();
  const data = useKnownData(stepId);
  const values = useFilteredValues(stepId, value);
  const readOnly = props.readOnly ?? store.readOnly.value;
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [active, setActive] = useState(0);
  const [menu, setMenu] = useState<Menu | null>(null);
  const dismissed = useRef(-1);
  const viewOf = useMemo(() => viewer(data, values), [data.byPath, values]);
  const suggestions = useMemo(() => suggest(wanted, data), [wanted, data.byPath]);

  const onMove = (state: Editing): void => {
    const found = state.anchor === state.focus ? wantedAt(state.source, state.focus) : null;
    if (found === null) dismissed.current = -1;
    const next = found !== null && found.start !== dismissed.current ? found : null;
    setWanted((before) => (next?.query !== before?.query || next?.start !== before?.start ? next : before));
    setActive((index) => (next === null ? 0 : index));
  };
  const choose = (suggestion: Suggestion): void => {
    const { current } = surface;
    if (current === null || wanted === null) return;
    const { source, focus } = current.state;
    const change =
      suggestion.kind === "path"
        ? completePath(source, focus, wanted, suggestion.offer.path)
        : completeFilter(source, focus, wanted, suggestion.filter, (path) => data.byPath.has(path));
    current.replaceRange(change.from, change.to, change.text);
    setWanted(null);
  };
  const close = (): void => {
    dismissed.current = wanted?.start ?? -1;
    setWanted(null);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (wanted === null || event.ctrlKey || event.metaKey) return false;
    const count = suggestions.length;
    if (event.key === "Escape") close();
    else if (count === 0) return false;
    else if (event.key === "ArrowDown") setActive((index) => (index + 1) % count);
    else if (event.key === "ArrowUp") setActive((index) => (index + count - 1) % count);
    else if (event.key === "Enter" || event.key === "Tab") choose(suggestions[Math.min(active, count - 1)]!);
    else return false;
    return true;
  };
  const options = {
    multiline,
    readOnly,
    viewOf,
    onMove,
    onKey,
    onChange: props.onChange,
    onOpenPill: (pill: PillToken, element: HTMLElement) => !readOnly && setMenu({ pill, element }),
    onUndo: () => tell("Undone", store.undo()),
    onRedo: () => tell("Redone", store.redo()),
    say: announce,
  };

  useLayoutEffect(() => {
    surface.current = new Surface(host.current!, value, options);
    return () => surface.current?.destroy();
  }, []);
  useLayoutEffect(() => {
    const { current } = surface;
    if (current === null) return;
    current.options = options;
    current.setSource(value);
  });
  useLayoutEffect(() => surface.current?.redraw(), [viewOf]);

  const remember = (): void => {
    setMenu(null);
    lastField.value = {
      label,
      stepId,
      element: host.current!,
      insert: (path) => surface.current?.insertPath(path),
      focus: () => surface.current?.focus(),
    };
  };
  const isListed = wanted !== null;
  return (
    <div class="ti">
      <div
        ref={host}
        id={props.id}
        class={multiline ? "ti-text td-input is-long" : "ti-text td-input"}
        role="textbox"
        tabIndex={0}
        contentEditable={readOnly ? undefined : true}
        aria-label={label}
        aria-multiline={multiline}
        aria-readonly={readOnly || undefined}
        aria-invalid={props.invalid || undefined}
        aria-required={props.required || undefined}
        aria-describedby={props.describedBy}
        aria-autocomplete="list"
        aria-controls={isListed ? listId : undefined}
        aria-activedescendant={isListed && suggestions.length > 0 ? optionId(listId, active) : undefined}
        data-placeholder={props.placeholder ?? ""}
        spellcheck={multiline}
        onFocus={remember}
        onBlur={() => {
          setWanted(null);
          props.onLeave?.();
        }}
      />
      {isListed && (
        <Completion
          id={listId}
          suggestions={suggestions}
          active={Math.min(active, Math.max(0, suggestions.length - 1))}
          at={() => caretRect(host.current!)}
          onChoose={choose}
          onClose={close}
          empty={wanted.kind === "path" ? "No data is called so." : "No filter is called so."}
        />
      )}
      {menu !== null && (
        <PillMenu
          pill={menu.pill}
          anchor={menu.element}
          stepId={stepId}
          onChange={(pill) => {
            const token = currentToken(surface.current, menu);
            if (token === null) return;
            surface.current?.replaceRange(token.start, token.end, formatPill(pill));
            const next = tokenAt(surface.current, token.start);
            if (next !== null) setMenu({ pill: next, element: menu.element });
          }}
          onRemove={() => {
            const token = currentToken(surface.current, menu);
            if (token !== null) surface.current?.replaceRange(token.start, token.end, "");
            setMenu(null);
            surface.current?.focus();
          }}
          onAsText={() => {
            setMenu(null);
            surface.current?.openAsText(menu.pill);
          }}
          onClose={() => {
            setMenu(null);
            surface.current?.focus();
          }}
        />
      )}
    </div>
  );
}

function currentToken(surface: Surface | null, menu: Menu): PillToken | null {
  const token = tokenAt(surface, menu.pill.start);
  return token?.source === menu.pill.source ? token : null;
}

function tokenAt(surface: Surface | null, start: number): PillToken | null {
  const found = tokenize(surface?.state.source ?? "").find((token) => token.start === start);
  return found?.kind === "pill" ? found : null;
}

function suggest(wanted: Wanted | null, data: KnownData): Suggestion[] {
  if (wanted === null) return [];
  if (wanted.kind === "path") {
    return searchOffers(data.offers, wanted.query, MOST_SUGGESTED).map((offer) => ({ kind: "path", offer }));
  }
  return searchFilters(store.catalog.value.filters, wanted.query).map((filter) => ({ kind: "filter", filter }));
}

/** How pills look: by the names and values of the data tree. */
function viewer(data: KnownData, values: ReadonlyMap<string, string>): (pill: Pill) => PillView {
  const labels = filterLabels();
  const isKnown = data.groups.length > 0;
  return (pill) => {
    const name = nameOf(pill.path, data.byPath);
    const filters = filterWords(pill, labels);
    const value = pill.filters.length > 0 ? (values.get(formatPill(pill)) ?? "") : shown(name.example, 24);
    const app = store.catalog.value.apps.find((each) => each.key === name.app);
    const spoken = [name.label, name.group && `of ${name.group}`, filters && `with ${filters}`].filter(Boolean).join(" ");
    return {
      label: name.label,
      group: name.group,
      filters,
      value,
      speech: value === "" ? spoken : `${spoken}: ${value}`,
      kind: name.kind,
      logo: app?.logo ?? null,
      known: !isKnown || name.found || name.group !== "",
    };
  };
}

const VALUES_AFTER = 300;

/** The values of pills with filters, asked for when typing rests. */
function useFilteredValues(stepId: string, source: string): ReadonlyMap<string, string> {
  const [values, setValues] = useState<ReadonlyMap<string, string>>(() => new Map());
  const wanted = tokenize(source)
    .filter((token): token is PillToken => token.kind === "pill" && token.pill.filters.length > 0)
    .map((token) => formatPill(token.pill));
  const key = wanted.length === 0 ? "" : JSON.stringify([wanted, dataKey(stepId)]);
  useEffect(() => {
    if (wanted.length === 0) return;
    let isGone = false;
    const timer = setTimeout(async () => {
      const answers = await Promise.allSettled(wanted.map((template) => renderTemplate(stepId, template)));
      if (isGone) return;
      const found = answers.map((answer, index): [string, string] => [
        wanted[index]!,
        answer.status === "fulfilled" && answer.value.error === null ? shown(answer.value.text, 24) : "",
      ]);
      setValues((before) => new Map([...before, ...found]));
    }, VALUES_AFTER);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [key, stepId]);
  return values;
}

function tell(done: string, label: string | null): void {
  if (label !== null) announce(`${done}: ${label}`);
}
