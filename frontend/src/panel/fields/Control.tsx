/** Which control fills a field by hand. */

import { BooleanControl } from "./BooleanControl";
import { ChecksControl, ChoiceControl } from "./ChoiceControl";
import { FetchedControl } from "./FetchedControl";
import { LinesControl, RowsControl } from "./ListControl";
import type { ControlProps } from "./MappingField";
import { fitsRows } from "./model";
import { EntriesControl, MembersControl } from "./ObjectControl";
import { TextControl } from "./TextControl";
import { TimeControl } from "./TimeControl";

export function Control(props: ControlProps) {
  const { spec, mapping } = props;
  const members = (spec.fields ?? []).length > 0;
  const choices = (spec.choices ?? []).length > 0;
  switch (spec.type) {
    case "boolean":
      return <BooleanControl {...props} />;
    case "time":
      return <TimeControl {...props} />;
    case "object":
      if (!fitsRows(mapping, "object")) return <TextControl {...props} />;
      return members ? <MembersControl {...props} /> : <EntriesControl {...props} />;
    case "list":
      if (!fitsRows(mapping, "list")) return <TextControl {...props} />;
      if (members) return <RowsControl {...props} />;
      return choices ? <ChecksControl {...props} /> : <LinesControl {...props} />;
    default:
      if ((spec.options_from ?? null) !== null) return <FetchedControl {...props} />;
      return choices ? <ChoiceControl {...props} /> : <TextControl {...props} />;
  }
}
