import { fillSlot } from "../app/slots";
import { StepPanel } from "./StepPanel";
import "./panel.css";
import "./fields.css";
import "./tree/tree.css";
import "./conditions/conditions.css";

fillSlot("panel", StepPanel);

export { ConditionEditor, describeCondition } from "./conditions";
export { MappingField } from "./fields";
export { fillPanel, panelPart, type PartName, type PartProps } from "./parts";
export { TemplateInput } from "./pills/TemplateInput";
export { useKnownData, useResolved } from "./previews";
export { showTab } from "./StepPanel";
export { DataTree } from "./tree/DataTree";
