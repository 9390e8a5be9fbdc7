import { useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { Button, Icon } from "../ui";

export interface Found {
  key: string;
  name: string;
  description: string;
  icon: ComponentChildren;
}

export interface FinderProps {
  label: string;
  placeholder: string;
  /** What fits the words, in groups. */
  find: (text: string) => { label: string; items: Found[] }[];
  onPick: (key: string) => void;
  onClose: () => void;
  /** Where Backspace and Escape lead from an empty field, instead of closing. */
  onBack?: (() => void) | undefined;
  empty: string;
}

/** A field and a list below it: type, arrows, Enter. The focus stays in the field. */
export function Finder({ label, placeholder, find, onPick, onClose, onBack, empty }: FinderProps) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const groups = useMemo(() => find(text), [text, find]);
  const keys = groups.flatMap((group) => group.items.map((item) => `${group.label} ${item.key}`));
  const items = groups.flatMap((group) => group.items);
  // Before anything is painted: who types at once loses no letter to the canvas.
  useLayoutEffect(() => field.current?.focus({ preventScroll: true }), []);
  useLayoutEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at, groups]);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const last = items.length - 1;
    if (event.key === "ArrowDown") setAt(at >= last ? 0 : at + 1);
    else if (event.key === "ArrowUp") setAt(at <= 0 ? last : at - 1);
    else if (event.key === "PageDown") setAt(Math.min(last, at + 8));
    else if (event.key === "PageUp") setAt(Math.max(0, at - 8));
    else if (event.key === "Enter" && items[at]) onPick(items[at].key);
    else if (!text && onBack && (event.key === "Escape" || event.key === "Backspace")) onBack();
    else if (event.key === "Escape") onClose();
    else if (event.key !== "Tab") return;
    event.preventDefault();
  };
  let index = -1;
  return (
    <div class="finder" role="dialog" aria-label={label} onKeyDown={onKeyDown}>
      <div class="finder-field">
        {onBack ? <Button look="quiet" size="small" icon="arrowLeft" label="Back" onClick={onBack} /> : <Icon name="search" size={1.125} />}
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label={label}
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={keys[at] ? `${id}-${at}` : undefined}
          placeholder={placeholder}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
        />
      </div>
      <div ref={list} id={`${id}-list`} class="finder-list" role="listbox" aria-label={label} tabIndex={-1}>
        {groups.map((group) => (
          <div key={group.label} role="group" aria-label={group.label} class="finder-group">
            <div class="finder-heading" aria-hidden="true">
              {group.label}
            </div>
            {group.items.map((item) => {
              index += 1;
              const here = index;
              return (
                <div
                  key={item.key}
                  id={`${id}-${here}`}
                  role="option"
                  aria-selected={here === at}
                  class="finder-item"
                  onPointerMove={() => at !== here && setAt(here)}
                  onClick={() => onPick(item.key)}
                >
                  <span class="finder-icon" aria-hidden="true">
                    {item.icon}
                  </span>
                  <span class="finder-words">
                    <span class="finder-name">{item.name}</span>
                    {item.description && <span class="finder-about">{item.description}</span>}
                  </span>
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {!items.length && (
        <p class="finder-empty" role="status">
          {empty}
        </p>
      )}
    </div>
  );
}
