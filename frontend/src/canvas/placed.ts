/** What a layout says: where each thing stands, in sixteenths of a rem. */
import type { Place, Slot, Step } from "../definition/types";

export interface PlacedCard {
  id: string;
  /** Null for the trigger. */
  step: Step | null;
  /** Of its left upper corner. */
  x: number;
  y: number;
  depth: number;
  number: number;
  /** Within the error branch of another. */
  inError: boolean;
  /** Disabled itself, or below one that is. */
  off: boolean;
}

export interface PlacedPlus {
  key: string;
  place: Place;
  x: number;
  y: number;
  /** The only place in a branch without steps. */
  empty: boolean;
  inError: boolean;
}

export interface PlacedEdge {
  key: string;
  path: string;
  look: "plain" | "error" | "dead";
  /** The branch that it leads into. */
  branch: { step: string; slot: Slot } | null;
  /** The step that must have been done to come along here. */
  from: string | null;
}

export interface PlacedLabel {
  key: string;
  text: string;
  x: number;
  y: number;
  look: "plain" | "error";
  branch: { step: string; slot: Slot };
  /** Most that it may be wide. */
  width: number;
}

export interface PlacedBox {
  key: string;
  look: "loop" | "error";
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedNote {
  id: string;
  text: string;
  x: number;
  y: number;
}

export interface PlacedEnd {
  key: string;
  text: string;
  x: number;
  y: number;
  look: "plain" | "error";
}

export interface Layout {
  cards: PlacedCard[];
  pluses: PlacedPlus[];
  edges: PlacedEdge[];
  labels: PlacedLabel[];
  boxes: PlacedBox[];
  ends: PlacedEnd[];
  notes: PlacedNote[];
  width: number;
  height: number;
}
