/**
 * Where everything stands: the tree from top to bottom, branches side by side and joined again.
 *
 * Pure, and without measuring: every card has the same size. Numbers are sixteenths of a rem, so that
 * the canvas grows with the text. A branch hangs from its axis, the line that its cards are centred on.
 */
import type { Definition, Place, Slot, Step } from "../definition/types";
import { branches } from "../definition/walk";
import type { Layout, PlacedEdge, PlacedLabel } from "./placed";

export type * from "./placed";

export const CARD = { width: 288, height: 76 } as const;
/** Between two cards; the plus stands in its middle. */
const GAP = 52;
/** From a step to the first card of a branch: label above, plus below. */
const HEAD = 88;
const LANE_GAP = 36;
const JOIN = 28;
const BOX = { side: 28, top: 20, bottom: 20 } as const;
const RADIUS = 10;
const EMPTY_WIDTH = 200;
/** A sticky note stands at the left of its card. */
export const NOTE = { width: 176, height: 92, gap: 14 } as const;

interface Size {
  /** From the axis to the left and to the right. */
  left: number;
  right: number;
  height: number;
}

interface Lane {
  slot: Slot;
  label: string;
  steps: Step[];
  size: Size;
  /** Its axis, counted from that of the step. */
  offset: number;
}

interface Block extends Size {
  lanes: Lane[];
  error: Lane | null;
}

interface Here {
  depth: number;
  inError: boolean;
  off: boolean;
}

export function layout(definition: Definition): Layout {
  return new Drawing(definition).result;
}

class Drawing {
  readonly result: Layout = { cards: [], pluses: [], edges: [], labels: [], boxes: [], ends: [], notes: [], width: 0, height: 0 };
  private readonly blocks = new Map<Step, Block>();
  private number = 0;

  constructor(definition: Definition) {
    const size = this.measure(definition.steps);
    const axis = Math.max(size.left, CARD.width / 2);
    this.card("trigger", null, axis, 0, { depth: 0, inError: false, off: false });
    const here = { depth: 1, inError: false, off: false };
    const open = this.sequence(definition.steps, null, "steps", axis, CARD.height, GAP, here, null);
    const bottom = CARD.height + GAP + this.height(definition.steps);
    if (open) this.result.ends.push({ key: "end", text: "End", x: axis, y: bottom, look: "plain" });
    this.result.width = axis + Math.max(size.right, CARD.width / 2);
    this.result.height = bottom + 24;
  }

  /** Height of the steps with the gaps behind each. */
  private height(steps: Step[]): number {
    return steps.reduce((sum, step) => sum + this.block(step).height + GAP, 0);
  }

  private measure(steps: Step[]): Size {
    let [left, right] = steps.length ? [CARD.width / 2, CARD.width / 2] : [EMPTY_WIDTH / 2, EMPTY_WIDTH / 2];
    for (const step of steps) {
      const block = this.block(step);
      left = Math.max(left, block.left);
      right = Math.max(right, block.right);
    }
    return { left, right, height: this.height(steps) };
  }

  private block(step: Step): Block {
    let block = this.blocks.get(step);
    if (!block) this.blocks.set(step, (block = this.measureBlock(step)));
    return block;
  }

  private measureBlock(step: Step): Block {
    const lanes = branches(step).map((branch) => ({ ...branch, size: this.measure(branch.steps), offset: 0 }));
    const error = lanes.at(-1)?.slot === "on_error" ? (lanes.pop() ?? null) : null;
    const block: Block = { left: CARD.width / 2, right: CARD.width / 2, height: CARD.height, lanes, error };
    if (step.kind === "for_each" && lanes[0]) {
      const { size } = lanes[0];
      block.left = Math.max(block.left, size.left + BOX.side);
      block.right = Math.max(block.right, size.right + BOX.side);
      block.height += BOX.top + HEAD + size.height + BOX.bottom;
    } else if (lanes.length) {
      spread(lanes);
      const last = lanes.at(-1) as Lane;
      block.left = Math.max(block.left, lanes[0]!.size.left - lanes[0]!.offset);
      block.right = Math.max(block.right, last.offset + last.size.right);
      block.height += HEAD + Math.max(...lanes.map((lane) => lane.size.height)) + JOIN;
    }
    if (step.note) block.left = Math.max(block.left, CARD.width / 2 + NOTE.gap + NOTE.width);
    if (error) {
      error.offset = block.right + LANE_GAP + BOX.side + error.size.left;
      block.right = error.offset + error.size.right + BOX.side;
      block.height = Math.max(block.height, HEAD + CARD.height / 2 + error.size.height + BOX.bottom + JOIN);
    }
    return block;
  }

  private card(id: string, step: Step | null, axis: number, y: number, here: Here): void {
    this.result.cards.push({ id, step, x: axis - CARD.width / 2, y, ...here, number: this.number++ });
  }

  /** Draw steps from `top` on, the first below a gap. Returns whether the line goes on behind them. */
  private sequence(
    steps: Step[],
    parent: string | null,
    slot: Slot,
    axis: number,
    top: number,
    first: number,
    here: Here,
    branch: PlacedEdge["branch"],
  ): boolean {
    let y = top + first;
    let open = true;
    this.plus({ parent, slot, index: 0 }, axis, y - GAP / 2, here, steps.length === 0);
    if (!branch) this.edge(`${parent} ${slot} 0`, line(axis, top, axis, y), here, null, true, "trigger");
    for (const [index, step] of steps.entries()) {
      open = this.step(step, axis, y, here) && open;
      const bottom = y + this.block(step).height;
      this.edge(`${step.id} out`, line(axis, bottom, axis, bottom + GAP), here, null, open, step.id);
      this.plus({ parent, slot, index: index + 1 }, axis, bottom + GAP / 2, here, false);
      y = bottom + GAP;
    }
    return open;
  }

  private step(step: Step, axis: number, y: number, here: Here): boolean {
    const off = here.off || step.disabled;
    const block = this.block(step);
    const inner = { ...here, off, depth: here.depth + 1 };
    this.card(step.id, step, axis, y, { ...here, off });
    if (step.note) {
      const x = axis - CARD.width / 2 - NOTE.gap - NOTE.width;
      this.result.notes.push({ id: step.id, text: step.note, x, y: y - (NOTE.height - CARD.height) / 2 });
    }
    const bottom = y + block.height;
    let open = step.kind !== "stop" || step.disabled;
    if (step.kind === "for_each" && block.lanes[0]) this.loop(step, block.lanes[0], block, axis, y, inner);
    else if (block.lanes.length) open = this.lanes(step, block, axis, y, inner);
    else if (block.height > CARD.height) this.edge(`${step.id} past`, line(axis, y + CARD.height, axis, bottom), here, null, open, step.id);
    if (block.error && step.on_error) {
      const rejoins = this.errorLane(step, block.error, axis, y, bottom, { ...inner, inError: true });
      open ||= rejoins;
    }
    return open;
  }

  private loop(step: Step, lane: Lane, block: Block, axis: number, y: number, here: Here): void {
    const top = y + CARD.height + BOX.top;
    const height = HEAD + lane.size.height + BOX.bottom - GAP / 2;
    const branch = { step: step.id, slot: lane.slot };
    this.result.boxes.push({
      key: `${step.id} loop`,
      look: "loop",
      x: axis - lane.size.left - BOX.side,
      y: top,
      width: lane.size.left + lane.size.right + 2 * BOX.side,
      height,
    });
    this.edge(`${step.id} into`, line(axis, y + CARD.height, axis, top + HEAD), here, branch, true);
    this.label(branch, lane.label, axis, top + 24, "plain", CARD.width);
    this.sequence(lane.steps, step.id, lane.slot, axis, top, HEAD, here, branch);
    const end = top + HEAD + lane.size.height;
    this.edge(`${step.id} behind`, line(axis, end, axis, y + block.height), here, null, true, step.id);
  }

  private lanes(step: Step, block: Block, axis: number, y: number, here: Here): boolean {
    const top = y + CARD.height;
    const height = Math.max(...block.lanes.map((lane) => lane.size.height));
    const join = top + HEAD + height;
    let open = false;
    for (const lane of block.lanes) {
      const x = axis + lane.offset;
      const branch = { step: step.id, slot: lane.slot };
      this.edge(`${step.id} ${lane.slot} in`, bent(axis, top, x, top + HEAD, top + 16), here, branch, true);
      this.label(branch, lane.label, x, top + 38, "plain", Math.max(lane.size.left + lane.size.right - 16, 120));
      const goesOn = this.sequence(lane.steps, step.id, lane.slot, x, top, HEAD, here, branch);
      const end = top + HEAD + lane.size.height;
      if (goesOn) this.edge(`${step.id} ${lane.slot} out`, bent(x, end, axis, join + JOIN, join + JOIN / 2), here, ...goneThrough(lane, branch));
      open ||= goesOn;
    }
    const behind = y + block.height;
    if (behind > join + JOIN) this.edge(`${step.id} past`, line(axis, join + JOIN, axis, behind), here, null, open, step.id);
    return open;
  }

  private errorLane(step: Step, lane: Lane, axis: number, y: number, bottom: number, here: Here): boolean {
    const x = axis + lane.offset;
    const from = y + CARD.height / 2;
    const branch = { step: step.id, slot: lane.slot };
    const end = from + HEAD + lane.size.height;
    this.result.boxes.push({
      key: `${step.id} error`,
      look: "error",
      x: x - lane.size.left - BOX.side,
      y: y - 8,
      width: lane.size.left + lane.size.right + 2 * BOX.side,
      height: end - y + 8 + (step.on_error?.then === "fail" ? BOX.bottom : 0),
    });
    this.edge(`${step.id} error in`, cornered(axis + CARD.width / 2, from, x, from + HEAD), here, branch, true);
    this.label(branch, lane.label, x, from + 34, "error", CARD.width);
    const open = this.sequence(lane.steps, step.id, lane.slot, x, from, HEAD, here, branch);
    const rejoins = open && step.on_error?.then === "continue";
    if (rejoins) this.edge(`${step.id} error out`, `M${x} ${end}V${bottom - 14 - RADIUS}q0 ${RADIUS} ${-RADIUS} ${RADIUS}H${axis}`, here, ...goneThrough(lane, branch));
    else if (open) this.result.ends.push({ key: `${step.id} fails`, text: "The run fails", x, y: end - 6, look: "error" });
    return rejoins;
  }

  private plus(place: Place, x: number, y: number, here: Here, empty: boolean): void {
    const key = `${place.parent ?? ""} ${place.slot} ${place.index}`;
    this.result.pluses.push({ key, place, x, y, empty, inError: here.inError });
  }

  private edge(key: string, path: string, here: Here, branch: PlacedEdge["branch"], open: boolean, from: string | null = null): void {
    const look = !open || here.off ? "dead" : here.inError ? "error" : "plain";
    this.result.edges.push({ key, path, look, branch, from });
  }

  private label(branch: PlacedLabel["branch"], text: string, x: number, y: number, look: PlacedLabel["look"], width: number): void {
    this.result.labels.push({ key: `${branch.step} ${branch.slot}`, text, x, y, look, branch, width });
  }
}

/** Out of a branch comes who did its last step, or went into it where it has none. */
function goneThrough(lane: Lane, branch: { step: string; slot: Slot }): [PlacedEdge["branch"], true, string | null] {
  const last = lane.steps.at(-1);
  return last ? [null, true, last.id] : [branch, true, null];
}

/** Put lanes side by side, with the axis of the step in the middle of theirs. */
function spread(lanes: Lane[]): void {
  let x = 0;
  for (const lane of lanes) {
    lane.offset = x + lane.size.left;
    x += lane.size.left + lane.size.right + LANE_GAP;
  }
  const middle = (lanes[0]!.offset + lanes.at(-1)!.offset) / 2;
  for (const lane of lanes) lane.offset -= middle;
}

const line = (x: number, y: number, _x: number, end: number) => `M${x} ${y}V${end}`;

/** Down, across at `turn`, and down again. */
function bent(x: number, y: number, toX: number, toY: number, turn: number): string {
  if (Math.abs(toX - x) < 1) return `M${x} ${y}V${toY}`;
  const way = toX > x ? 1 : -1;
  const r = Math.min(RADIUS, Math.abs(toX - x) / 2, turn - y, toY - turn);
  return `M${x} ${y}V${turn - r}q0 ${r} ${way * r} ${r}H${toX - way * r}q${way * r} 0 ${way * r} ${r}V${toY}`;
}

/** Across and then down. */
function cornered(x: number, y: number, toX: number, toY: number): string {
  return `M${x} ${y}H${toX - RADIUS}q${RADIUS} 0 ${RADIUS} ${RADIUS}V${toY}`;
}
