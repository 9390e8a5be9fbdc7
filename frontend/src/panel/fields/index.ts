export { Combobox, type ComboboxOption, type ComboboxProps } from "./Combobox";
export { MappingField, type FieldOwner, type MappingFieldProps } from "./MappingField";
export type { FieldSpec, Filling } from "./model";
