export { ConditionEditor, type ConditionEditorProps } from "./ConditionEditor";
export { describeCondition, type DescribeOptions, mappingWords } from "./describe";
