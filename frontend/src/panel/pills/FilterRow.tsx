/** One filter of a pill with its arguments. */

import { useId } from "preact/hooks";

import type { FilterSpec } from "../../api/types";
import { Button } from "../../ui";
import { useKnownData } from "../previews";
import { type AppliedFilter, type Argument, parsePath, quote, readArgument } from "./template";

export interface FilterRowProps {
  filter: AppliedFilter;
  spec: FilterSpec | null;
  stepId: string;
  onChange: (filter: AppliedFilter) => void;
  onRemove: () => void;
}

export function FilterRow({ filter, spec, stepId, onChange, onRemove }: FilterRowProps) {
  const shownArgs = Math.max(filter.args.length, spec?.args.length ?? 0);
  const setArgument = (index: number, source: string): void => {
    const args = [...filter.args];
    if (source === "" && index >= filter.args.length) return;
    while (args.length < index) args.push({ name: null, source: '""' });
    if (source === "" && index === args.length - 1) args.pop();
    else args[index] = { name: args[index]?.name ?? null, source: source || '""' };
    onChange({ ...filter, args });
  };
  return (
    <div class="pn-filter">
      <div class="pn-filter-head">
        <span title={spec?.description}>{spec?.label ?? filter.name}</span>
        <Button look="quiet" size="small" icon="close" label={`Remove filter ${spec?.label ?? filter.name}`} onClick={onRemove} />
      </div>
      {Array.from({ length: shownArgs }, (_, index) => (
        <ArgumentInput
          key={index}
          label={filter.args[index]?.name ?? spec?.args[index]?.name ?? `argument ${index + 1}`}
          argument={filter.args[index]}
          type={spec?.args[index]?.type ?? "text"}
          stepId={stepId}
          onChange={(source) => setArgument(index, source)}
        />
      ))}
    </div>
  );
}

interface ArgumentInputProps {
  label: string;
  argument: Argument | undefined;
  type: string;
  stepId: string;
  onChange: (source: string) => void;
}

/** Text as it is; a path of known data is taken as data. */
function ArgumentInput({ label, argument, type, stepId, onChange }: ArgumentInputProps) {
  const id = useId();
  const { offers, byPath } = useKnownData(stepId);
  const value = argument === undefined ? "" : readArgument(argument.source).text;
  const read = (text: string): string => {
    if (text === "") return "";
    const isNumber = type === "number" || type === "integer";
    if (isNumber && /^-?\d+(\.\d+)?$/.test(text)) return text;
    const path = parsePath(text);
    if (path !== null && (byPath.has(text) || /^(trigger|steps|item|loop|run)\./.test(text))) return text;
    return quote(text);
  };
  return (
    <label class="pn-argument">
      <span>{label[0]?.toLocaleUpperCase() + label.slice(1).replaceAll("_", " ")}</span>
      <input
        class="td-input"
        list={id}
        value={value}
        inputMode={type === "number" || type === "integer" ? "decimal" : undefined}
        onInput={(event) => onChange(read(event.currentTarget.value))}
      />
      <datalist id={id}>
        {offers.slice(0, 200).map((offer) => (
          <option key={offer.path} value={offer.path} label={`${offer.label} · ${offer.group}`} />
        ))}
      </datalist>
    </label>
  );
}
