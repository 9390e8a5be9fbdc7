export { ConditionEditor, describeCondition } from "./conditions";
export { MappingField } from "./fields";
export { useKnownData, useResolved } from "./previews";
export { TemplateInput } from "./pills/TemplateInput";
