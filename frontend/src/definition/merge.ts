/**
 * Two people changed the same draft: join both, step by step.
 *
 * Settings are joined key by key, and the fields of an action one by one, so that two people may
 * work on one step. Where both changed the same thing, or one removed what the other changed, it is
 * a conflict: both versions are told, and `choices` says which is taken ("mine" without a choice).
 * Nothing is left out silently.
 */
import type { Definition, Slot, Step, SwitchCase } from "./types";
import { branches } from "./walk";

export type Side = "mine" | "theirs";

export interface Conflict {
  /** A step's id, "trigger", "order" or "notes". */
  id: string;
  name: string;
  kind: "changed" | "removed_by_me" | "removed_by_them" | "moved";
  /** The keys that both changed. */
  keys: string[];
  mine: unknown;
  theirs: unknown;
}

export interface Merged {
  definition: Definition;
  conflicts: Conflict[];
}

interface Node {
  /** The step without those below it. */
  settings: Step;
  parent: string | null;
  slot: Slot;
}

/** Join what two made of `base`. */
export function merge(
  base: Definition,
  mine: Definition,
  theirs: Definition,
  choices: ReadonlyMap<string, Side> = new Map(),
): Merged {
  const conflicts: Conflict[] = [];
  const choose = (conflict: Conflict): Side => {
    conflicts.push(conflict);
    return choices.get(conflict.id) ?? "mine";
  };
  const trigger = join(base.trigger, mine.trigger, theirs.trigger, (keys) =>
    choose({ id: "trigger", name: "Trigger", kind: "changed", keys, mine: mine.trigger, theirs: theirs.trigger }),
  );
  const order = join(base.order, mine.order, theirs.order, (keys) =>
    choose({ id: "order", name: "Order of the runs", kind: "changed", keys, mine: mine.order ?? null, theirs: theirs.order ?? null }),
  );
  const notes = join(base.notes, mine.notes, theirs.notes, (keys) =>
    choose({ id: "notes", name: "Notes of the workflow", kind: "changed", keys, mine: mine.notes, theirs: theirs.notes }),
  );
  const sides = { base: flatten(base), mine: flatten(mine), theirs: flatten(theirs) };
  const nodes = joinNodes(sides, choose);
  const steps = assemble(nodes, { base, mine, theirs }, sides.mine);
  const { order: _mine, ...others } = mine;
  return { definition: { ...others, trigger, ...(order ? { order } : {}), notes, steps }, conflicts };
}

/**
 * Return what carries the other's changes into the drafts of one's own history.
 *
 * Where a draft of it and the other changed the same, the other's stands, so that going back never
 * takes it away, except for what is as in `mine`: there `choices` hold.
 */
export function carrier(
  base: Definition,
  mine: Definition,
  theirs: Definition,
  choices: ReadonlyMap<string, Side> = new Map(),
): (draft: Definition) => Definition {
  const decided = merge(base, mine, theirs, choices).conflicts;
  const side = (one: Conflict): Side =>
    decided.some((each) => each.id === one.id && same(each.mine, one.mine)) ? (choices.get(one.id) ?? "mine") : "theirs";
  return (draft) => {
    const { conflicts, definition } = merge(base, draft, theirs);
    if (!conflicts.length) return definition;
    return merge(base, draft, theirs, new Map(conflicts.map((one) => [one.id, side(one)]))).definition;
  };
}

/** What somebody did to a draft, in words. */
export function changesBetween(base: Definition, other: Definition): string[] {
  const [was, now] = [flatten(base), flatten(other)];
  const told: string[] = [];
  if (!same(base.trigger, other.trigger)) told.push("Changed the trigger");
  if (!same(base.order, other.order)) told.push("Changed the order of the runs");
  if (base.notes !== other.notes) told.push("Changed the notes of the workflow");
  for (const [id, node] of was) if (!now.has(id)) told.push(`Removed “${node.settings.name}”`);
  for (const [id, node] of now) {
    const before = was.get(id);
    if (!before) told.push(`Added “${node.settings.name}”`);
    else if (!same(before.settings, node.settings)) told.push(`Changed “${node.settings.name}”`);
    if (before && !samePlace(before, node)) told.push(`Moved “${node.settings.name}” to another branch`);
  }
  const order = (definition: Definition, nodes: Nodes) => [...flatten(definition).keys()].filter((id) => nodes.has(id));
  if (!told.length && !same(order(base, now), order(other, was))) told.push("Changed the order of steps");
  return told;
}

type Nodes = Map<string, Node>;
interface Sides<T> {
  base: T;
  mine: T;
  theirs: T;
}

function flatten(definition: Definition): Nodes {
  const nodes: Nodes = new Map();
  const add = (steps: readonly Step[], parent: string | null, slot: Slot) => {
    for (const step of steps) {
      nodes.set(step.id, { settings: bare(step), parent, slot });
      for (const branch of branches(step)) add(branch.steps, step.id, branch.slot);
    }
  };
  add(definition.steps, null, "steps");
  return nodes;
}

function bare(step: Step): Step {
  const own = step.on_error ? { ...step, on_error: { ...step.on_error, steps: [] } } : step;
  if (own.kind === "if") return { ...own, then: [], else: [] };
  if (own.kind === "for_each") return { ...own, steps: [] };
  if (own.kind === "switch") return { ...own, cases: own.cases.map((one) => ({ ...one, steps: [] })), default: [] };
  return own;
}

function joinNodes({ base, mine, theirs }: Sides<Nodes>, choose: (conflict: Conflict) => Side): Nodes {
  const nodes: Nodes = new Map();
  for (const id of new Set([...mine.keys(), ...theirs.keys()])) {
    const [was, my, their] = [base.get(id), mine.get(id), theirs.get(id)];
    const name = (my ?? their)?.settings.name ?? id;
    const tell = (kind: Conflict["kind"], keys: string[]) =>
      choose({ id, name, kind, keys, mine: my?.settings ?? null, theirs: their?.settings ?? null });
    const node = my && their ? joinNode(was, my, their, tell) : oneSided(was, my, their, tell);
    if (node) nodes.set(id, node);
  }
  return nodes;
}

type Tell = (kind: Conflict["kind"], keys: string[]) => Side;

function joinNode(was: Node | undefined, my: Node, their: Node, tell: Tell): Node {
  const settings = joinSettings(was?.settings, my.settings, their.settings, (keys) => tell("changed", keys));
  const myMove = !was || !samePlace(was, my);
  const theirMove = !was || !samePlace(was, their);
  let place = theirMove && !myMove ? their : my;
  if (myMove && theirMove && !samePlace(my, their)) place = tell("moved", ["place"]) === "mine" ? my : their;
  return { settings, parent: place.parent, slot: place.slot };
}

const samePlace = (one: Node, other: Node) => one.parent === other.parent && one.slot === other.slot;

// Only one of the two has it: added by that one, or removed by the other.
function oneSided(was: Node | undefined, my: Node | undefined, their: Node | undefined, tell: Tell): Node | undefined {
  const left = my ?? their;
  if (!was || !left) return left;
  if (same(was.settings, left.settings) && samePlace(was, left)) return undefined;
  const side = tell(my ? "removed_by_them" : "removed_by_me", []);
  return side === (my ? "mine" : "theirs") ? left : undefined;
}

function joinSettings(was: Step | undefined, my: Step, their: Step, decide: (keys: string[]) => Side): Step {
  if (my.kind === "switch" && their.kind === "switch") {
    const before = was?.kind === "switch" ? was.cases : [];
    const whole = (step: Step, cases: SwitchCase[]): Step => ({ ...step, cases } as Step);
    let side: Side | undefined;
    const once = (keys: string[]) => (side ??= decide(keys));
    const joined = join(was && whole(was, []), whole(my, []), whole(their, []), once);
    return { ...joined, cases: joinCases(before, my.cases, their.cases, once) } as Step;
  }
  return join(was, my, their, decide);
}

function joinCases(
  was: SwitchCase[],
  my: SwitchCase[],
  their: SwitchCase[],
  decide: (keys: string[]) => Side,
): SwitchCase[] {
  const find = (cases: SwitchCase[], id: string) => cases.find((one) => one.id === id);
  const ids = joinOrder(was.map(idOf), my.map(idOf), their.map(idOf));
  const cases: SwitchCase[] = [];
  for (const id of ids) {
    const [before, mine, theirs] = [find(was, id), find(my, id), find(their, id)];
    if (mine && theirs) cases.push(join(before, mine, theirs, decide));
    else if (mine ?? theirs) {
      const left = (mine ?? theirs) as SwitchCase;
      // Removed by one and untouched by the other: gone, unless steps are left in it (see assemble).
      const kept = !before || !same(before, left) ? !before || decide(["cases"]) === (mine ? "mine" : "theirs") : false;
      if (kept) cases.push(left);
    }
  }
  return cases;
}

const idOf = (one: { id: string }) => one.id;

/** Three-way join of plain values: objects key by key, all else whole. */
function join<T>(was: T | undefined, my: T, their: T, decide: (keys: string[]) => Side): T {
  if (same(my, their) || same(was, their)) return my;
  if (same(was, my)) return their;
  if (!isPlain(my) || !isPlain(their) || !isPlain(was)) return decide([]) === "mine" ? my : their;
  const keys: string[] = [];
  const joined: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(my), ...Object.keys(their)])) {
    const [before, mine, theirs] = [was[key], my[key], their[key]];
    let next: unknown;
    if (same(mine, theirs) || same(before, theirs)) next = mine;
    else if (same(before, mine)) next = theirs;
    else if (key === "inputs" && isPlain(mine) && isPlain(theirs)) {
      next = join(isPlain(before) ? before : {}, mine, theirs, (inner) => (keys.push(...inner), decide(inner)));
    } else {
      keys.push(key);
      next = decide(keys) === "mine" ? mine : theirs;
    }
    if (next !== undefined) joined[key] = next;
  }
  return joined as T;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  }
  if (!isPlain(one) || !isPlain(other)) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => same(one[key], other[key]));
}

function assemble(nodes: Nodes, all: Sides<Definition>, mine: Nodes): Step[] {
  keepNeeded(nodes, all);
  breakCircles(nodes, mine);
  const order = orders(all);
  const build = (parent: string | null, slot: Slot): Step[] => {
    const ids = [...nodes].filter(([, node]) => node.parent === parent && node.slot === slot).map(([id]) => id);
    const ranked = order(parent, slot, ids);
    return ranked.map((id) => filled(nodes.get(id)?.settings as Step, (inner) => build(id, inner)));
  };
  return build(null, "steps");
}

function filled(step: Step, build: (slot: Slot) => Step[]): Step {
  const whole = step.on_error ? { ...step, on_error: { ...step.on_error, steps: build("on_error") } } : step;
  if (whole.kind === "if") return { ...whole, then: build("then"), else: build("else") };
  if (whole.kind === "for_each") return { ...whole, steps: build("steps") };
  if (whole.kind === "switch") {
    const cases = whole.cases.map((one) => ({ ...one, steps: build(`case:${one.id}`) }));
    return { ...whole, cases, default: build("default") };
  }
  return whole;
}

// A branch or a step that one removed stays where the other put something into it.
function keepNeeded(nodes: Nodes, all: Sides<Definition>): void {
  const places = new Map<string, Node>();
  for (const definition of [all.base, all.theirs, all.mine]) {
    for (const [id, node] of flatten(definition)) places.set(id, node);
  }
  for (let again = true; again; ) {
    again = false;
    for (const node of [...nodes.values()]) {
      if (node.parent === null) continue;
      const parent = nodes.get(node.parent);
      const former = places.get(node.parent);
      if (!parent && former) {
        nodes.set(node.parent, former);
        again = true;
      } else if (parent && !hasSlot(parent.settings, node.slot)) {
        parent.settings = withSlot(parent.settings, node.slot, all);
        again = hasSlot(parent.settings, node.slot);
        if (!again) Object.assign(node, { parent: null, slot: "steps" });
      }
    }
  }
}

const hasSlot = (step: Step, slot: Slot) => branches(step).some((branch) => branch.slot === slot);

function withSlot(step: Step, slot: Slot, all: Sides<Definition>): Step {
  for (const definition of [all.mine, all.theirs, all.base]) {
    const other = flatten(definition).get(step.id)?.settings;
    if (!other || !hasSlot(other, slot)) continue;
    if (slot === "on_error") return { ...step, on_error: other.on_error };
    if (step.kind === "switch" && other.kind === "switch") {
      const missing = other.cases.find((one) => slot === `case:${one.id}`);
      if (missing) return { ...step, cases: [...step.cases, missing] };
    }
  }
  return step;
}

// One moved A into B, the other B into A: then mine holds for both.
function breakCircles(nodes: Nodes, mine: Nodes): void {
  const settled = new Set<string>();
  for (let circle = findCircle(nodes); circle; circle = findCircle(nodes)) {
    for (const id of circle) {
      const place = settled.has(id) ? undefined : mine.get(id);
      settled.add(id);
      Object.assign(nodes.get(id) as Node, { parent: place?.parent ?? null, slot: place?.slot ?? "steps" });
    }
  }
}

function findCircle(nodes: Nodes): Set<string> | null {
  for (const id of nodes.keys()) {
    const seen = new Set<string>();
    for (let up: string | null = id; up !== null; up = nodes.get(up)?.parent ?? null) {
      if (seen.has(up)) return seen;
      seen.add(up);
    }
  }
  return null;
}

function orders(all: Sides<Definition>): (parent: string | null, slot: Slot, ids: string[]) => string[] {
  const listed = (definition: Definition) => {
    const map = new Map<string, string[]>();
    const add = (steps: readonly Step[], key: string) => {
      map.set(key, steps.map(idOf));
      for (const step of steps) for (const branch of branches(step)) add(branch.steps, `${step.id} ${branch.slot}`);
    };
    add(definition.steps, "");
    return map;
  };
  const [was, my, their] = [listed(all.base), listed(all.mine), listed(all.theirs)];
  return (parent, slot, ids) => {
    const key = parent === null ? "" : `${parent} ${slot}`;
    const wanted = new Set(ids);
    const ranked = joinOrder(was.get(key) ?? [], my.get(key) ?? [], their.get(key) ?? []).filter((id) => wanted.has(id));
    return [...ranked, ...ids.filter((id) => !ranked.includes(id))];
  };
}

/** Join two orders: the one that changed what both have leads, the other's additions follow their neighbours. */
function joinOrder(was: string[], my: string[], their: string[]): string[] {
  const both = (list: string[]) => list.filter((id) => was.includes(id) && my.includes(id) && their.includes(id));
  const mineMoved = !same(both(was), both(my));
  const [lead, other] = mineMoved ? [my, their] : [their, my];
  const joined = [...lead];
  for (const [index, id] of other.entries()) {
    if (joined.includes(id)) continue;
    const before = other.slice(0, index).findLast((one) => joined.includes(one));
    joined.splice(before === undefined ? 0 : joined.indexOf(before) + 1, 0, id);
  }
  return joined;
}
