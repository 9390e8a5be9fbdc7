/** The field that the data tree fills: the one that had the caret last. */

import { signal } from "@preact/signals";

export interface FillableField {
  label: string;
  stepId: string;
  element: HTMLElement;
  /** Put a pill over this path at the caret, or in place of what the field has. */
  insert: (path: string) => void;
  /** Give it the focus, with the caret where it was. */
  focus: () => void;
}

export const lastField = signal<FillableField | null>(null);

/** The type under which a dragged path travels. */
export const PATH_TYPE = "application/x-tandem-path";

/** Put a path into the last field of this step; null where none had the caret. */
export function insertIntoLastField(stepId: string, path: string): FillableField | null {
  const field = lastField.peek();
  if (field === null || !field.element.isConnected || field.stepId !== stepId) return null;
  field.insert(path);
  return field;
}
