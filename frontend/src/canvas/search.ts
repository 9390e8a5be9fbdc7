/** What the picker offers, and what of it fits some words. Pure. */
import type { Catalog, CatalogApp } from "../api/types";

export interface Offer {
  key: string;
  group: string;
  /** "action" with `ref`, or another kind with an optional `preset`. */
  kind: string;
  ref: string;
  preset: string;
  name: string;
  app: CatalogApp | null;
  description: string;
  keywords: string[];
}

export interface OfferGroup {
  label: string;
  offers: Offer[];
}

const AI_STARTS = [
  { preset: "classify", name: "Classify with AI", description: "Choose one of the labels that you give.", keywords: ["label", "category", "sort", "route", "sentiment"] },
  { preset: "extract", name: "Extract with AI", description: "Read fields out of a text.", keywords: ["parse", "fields", "json", "schema", "structured"] },
  { preset: "write", name: "Write with AI", description: "Write a text from what is known.", keywords: ["generate", "compose", "summarise", "summarize", "reply", "draft"] },
];

/** Everything that can be added, in the groups in which it is shown: first the apps that are connected. */
export function offersOf(catalog: Catalog, connected: ReadonlySet<string>): Offer[] {
  const near = catalog.apps.filter((app) => connected.has(app.key));
  const far = catalog.apps.filter((app) => !connected.has(app.key));
  return [...near.flatMap(ofApp), ...logic(catalog), ...far.flatMap(ofApp)];
}

const ofApp = (app: CatalogApp): Offer[] =>
  app.actions.map(({ ref, name, description, keywords }) => ({
    key: ref,
    group: app.name,
    kind: "action",
    ref,
    preset: "",
    name,
    app,
    description,
    keywords,
  }));

function logic(catalog: Catalog): Offer[] {
  const offers: Offer[] = [];
  const byRef = new Map<string, CatalogApp>();
  for (const app of catalog.apps) for (const action of app.actions) byRef.set(action.ref, app);
  for (const one of catalog.logic) {
    const group = one.kind === "ai" ? "AI" : one.kind === "code" || one.kind === "transform" ? "Code" : "Logic";
    const kind = one.kind;
    const ref = one.action ?? "";
    offers.push({ ...one, key: ref ? `logic ${ref}` : kind, group, kind, ref, preset: "", app: byRef.get(ref) ?? null });
    if (kind === "ai") for (const start of AI_STARTS) offers.push({ ...start, key: `ai ${start.preset}`, group, kind, ref: "", app: null });
  }
  return offers;
}

const plain = (text: string) => text.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");

/** How well an offer fits all of some words: 0 not at all. */
export function score(offer: Offer, words: readonly string[]): number {
  let sum = 0;
  const name = plain(offer.name);
  const app = plain(offer.app?.name ?? "");
  const starts = (text: string, word: string) => text.startsWith(word) || new RegExp(`[^a-z0-9]${escape(word)}`).test(text);
  for (const word of words) {
    let best = 0;
    if (name === word) best = 100;
    // A start that is named so is meant rather than the step that it starts.
    else if (offer.preset !== "" && wholeIn(name, word) && name.startsWith(word)) best = 90;
    // Who writes a whole word that people use for a step means that step, more than a name that begins so.
    else if (offer.keywords.some((one) => plain(one) === word)) best = name.startsWith(word) ? 85 : offer.kind === "action" && !offer.key.startsWith("logic ") ? 40 : 85;
    else if (wholeIn(name, word)) best = 80;
    else if (name.startsWith(word)) best = 65;
    else if (starts(name, word)) best = 60;
    else if (starts(app, word)) best = 50;
    else if (offer.keywords.some((one) => starts(plain(one), word))) best = 30;
    else if (name.includes(word) || app.includes(word)) best = 20;
    else if (starts(plain(offer.description), word)) best = 10;
    if (!best) return 0;
    sum += best;
  }
  return sum;
}

const wholeIn = (text: string, word: string) => new RegExp(`(^|[^a-z0-9])${escape(word)}([^a-z0-9]|$)`).test(text);
const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether somebody looks for what starts a workflow by the clock. */
export function asksForStart(text: string): boolean {
  const word = plain(text.trim());
  return word.length > 2 && ["cron", "schedule", "scheduled", "every day", "daily", "hourly", "weekly"].some((one) => one.startsWith(word));
}

export const APPS = "Apps";
/** The key of an offer that stands for all actions of an app. */
export const appKey = (app: CatalogApp): string => `app ${app.key}`;

/** The groups to show: apps and logic without words, else what fits, the best first. */
export function search(offers: readonly Offer[], text: string, recent: readonly string[]): OfferGroup[] {
  const words = plain(text).split(/\s+/).filter(Boolean);
  if (!words.length) {
    const used = recent.map((key) => offers.find((one) => one.key === key)).filter((one) => one !== undefined);
    const rest = grouped(offers.filter((one) => one.app === null || one.key.startsWith("logic ")));
    const groups = [{ label: "Recently used", offers: used }, { label: APPS, offers: appsOf(offers) }, ...rest];
    return groups.filter((group) => group.offers.length > 0);
  }
  const rated = offers.map((offer) => ({ offer, points: score(offer, words) + (recent.includes(offer.key) ? 5 : 0) }));
  const fitting = rated.filter(({ offer, points }) => points > 5 || score(offer, words) > 0);
  fitting.sort((one, other) => other.points - one.points);
  const seen = new Set<string>();
  const unique = fitting.filter(({ offer }) => {
    // The same action stands in its app and under Logic.
    const key = offer.ref || offer.key;
    return seen.has(key) ? false : seen.add(key);
  });
  return grouped(unique.map(({ offer }) => offer));
}

/** One row for each app: picking it shows its actions. */
function appsOf(offers: readonly Offer[]): Offer[] {
  const apps = new Map<CatalogApp, number>();
  for (const { app, key } of offers) if (app && !key.startsWith("logic ")) apps.set(app, (apps.get(app) ?? 0) + 1);
  return [...apps].map(([app, count]) => {
    const description = count === 1 ? "1 action" : `${count} actions`;
    return { key: appKey(app), group: APPS, kind: "app", ref: "", preset: "", name: app.name, app, description, keywords: [] };
  });
}

/** The actions of one app that fit some words; all without words. */
export function searchApp(offers: readonly Offer[], app: string, text: string): OfferGroup[] {
  const own = offers.filter((one) => one.app?.key === app && !one.key.startsWith("logic "));
  return text.trim() ? search(own, text, []) : grouped(own);
}

function grouped(offers: readonly Offer[]): OfferGroup[] {
  const groups = new Map<string, Offer[]>();
  for (const offer of offers) {
    const list = groups.get(offer.group);
    if (list) list.push(offer);
    else groups.set(offer.group, [offer]);
  }
  return [...groups].map(([label, list]) => ({ label, offers: list }));
}
