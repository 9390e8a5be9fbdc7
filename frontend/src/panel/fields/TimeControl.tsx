/** A date and time, kept in unix seconds. */

import { readOnly } from "../../state/store";
import type { ControlProps } from "./MappingField";
import { localTime, unixTime, valueText } from "./model";
import { TextControl } from "./TextControl";

export function TimeControl(props: ControlProps) {
  const { id, spec, mapping, onChange, describedBy, isWrong } = props;
  const value = mapping !== null && mapping !== undefined && "value" in mapping ? mapping.value : null;
  const local = localTime(value);
  // A time in words of its own, such as a date without a time, stays as it was written.
  if (value !== null && local === "" && valueText(value) !== "") return <TextControl {...props} />;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div class="pn-inline">
      <input
        id={id}
        type="datetime-local"
        class="td-input"
        value={local}
        disabled={readOnly.value}
        aria-describedby={describedBy}
        aria-invalid={isWrong || undefined}
        aria-required={spec.required || undefined}
        onChange={(event) => {
          const seconds = unixTime(event.currentTarget.value);
          onChange(seconds === null ? null : { value: seconds });
        }}
      />
      <span class="pn-faint">{zone}</span>
    </div>
  );
}
