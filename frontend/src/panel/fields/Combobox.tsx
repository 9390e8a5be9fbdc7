/** A text that searches a list: arrows, Enter, Escape; what is typed may be taken as it is. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { readOnly } from "../../state/store";
import { Button } from "../../ui";
import { Popover } from "../pills/Popover";

export interface ComboboxOption {
  value: string;
  label: string;
}

export interface ComboboxProps {
  id: string;
  label: string;
  value: string;
  options: readonly ComboboxOption[];
  onChoose: (value: string) => void;
  placeholder?: string;
  describedBy?: string;
  isWrong?: boolean;
  clearable?: boolean;
  /** Asked at every search, where the options come from elsewhere; else they are searched here. */
  onSearch?: (search: string) => void;
  isBusy?: boolean;
  /** Lines under the list: that there is more, what is wrong. */
  footer?: ComponentChildren;
  /** Whether what is typed can be taken though the list does not have it. */
  takesOther?: boolean;
  onOpen?: () => void;
  /** Takes the focus with its list open, where choosing is all that there is to do. */
  opens?: boolean;
}

const MOST_SHOWN = 100;

export function Combobox(props: ComboboxProps) {
  const { id, label, value, options, onChoose, onSearch } = props;
  const [search, setSearch] = useState<string | null>(props.opens === true ? "" : null);
  const [active, setActive] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const isOpen = search !== null;
  const chosen = options.find((option) => option.value === value);
  const found = useMemo(() => matching(options, onSearch === undefined ? (search ?? "") : ""), [options, search, onSearch]);
  const other = props.takesOther === true ? (search?.trim() ?? "") : "";
  const isNew = other !== "" && !options.some((each) => each.value === other);
  const shown: (ComboboxOption & { isOther?: boolean })[] = isNew
    ? [...found, { value: other, label: `Use “${other}”`, isOther: true }]
    : found;
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active, isOpen]);
  useLayoutEffect(() => {
    if (props.opens === true) field.current?.focus({ preventScroll: true });
  }, []);
  const open = (): void => {
    if (readOnly.value || isOpen) return;
    setSearch("");
    setActive(Math.max(0, options.findIndex((option) => option.value === value)));
    props.onOpen?.();
  };
  const close = (): void => setSearch(null);
  const choose = (option: ComboboxOption | undefined): void => {
    if (option !== undefined) onChoose(option.value);
    close();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen) open();
      else if (shown.length > 0) {
        setActive((index) => (index + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length);
      }
    } else if (event.key === "Enter" && isOpen) choose(shown[Math.min(active, shown.length - 1)]);
    else if (event.key === "Enter") open();
    else if (event.key === "Escape" && isOpen) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const listId = `${id}-list`;
  return (
    <div ref={box} class="cb">
      <input
        ref={field}
        id={id}
        class="td-input"
        role="combobox"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && shown.length > 0 ? `${listId}-${Math.min(active, shown.length - 1)}` : undefined}
        aria-describedby={props.describedBy}
        aria-invalid={props.isWrong || undefined}
        autocomplete="off"
        disabled={readOnly.value}
        placeholder={props.placeholder}
        value={search ?? chosen?.label ?? value}
        onFocus={(event) => event.currentTarget.select()}
        onClick={open}
        onInput={(event) => {
          const text = event.currentTarget.value;
          if (!isOpen) props.onOpen?.();
          setSearch(text);
          setActive(0);
          onSearch?.(text);
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      {props.clearable === true && value !== "" && !isOpen && !readOnly.value && (
        <Button look="quiet" size="small" icon="close" label={`Empty ${label}`} class="cb-clear" onClick={() => onChoose("")} />
      )}
      {isOpen && (
        <Popover at={() => box.current!.getBoundingClientRect()} owner={box} onOutside={close} class="pn-complete">
          <div ref={list} id={listId} role="listbox" aria-label={label} aria-busy={props.isBusy}>
            {shown.map((option, index) => (
              <div
                key={option.value}
                id={`${listId}-${index}`}
                role="option"
                class="pn-option"
                aria-selected={index === Math.min(active, shown.length - 1)}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(option)}
              >
                <span class="pn-option-name">{option.label}</span>
                {!option.isOther && option.label !== option.value && <code class="pn-option-about">{option.value}</code>}
              </div>
            ))}
          </div>
          {shown.length === 0 && <p class="pn-none">{props.isBusy ? "Looking…" : "Nothing found."}</p>}
          {props.footer}
        </Popover>
      )}
    </div>
  );
}

function matching(options: readonly ComboboxOption[], search: string): ComboboxOption[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const fits = (option: ComboboxOption): boolean => {
    const text = `${option.label} ${option.value}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  };
  return options.filter(fits).slice(0, MOST_SHOWN);
}
