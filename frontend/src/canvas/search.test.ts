import { expect, test } from "vitest";
import type { Catalog } from "../api/types";
import { asksForStart, offersOf, search, searchApp } from "./search";

const action = (ref: string, name: string, keywords: string[] = [], description = "") => ({ ref, name, description, keywords, effect: "create" as const, danger: null });
const catalog: Catalog = {
  apps: [
    { key: "customerio", name: "Customer.io", logo: null, category: "", triggers: [], actions: [action("customerio.track-event", "Track event", ["activity"]), action("customerio.set-thing", "Set attributes"), action("customerio.send-email", "Send transactional e-mail", ["mail"])] },
    { key: "http", name: "HTTP Request", logo: null, category: "", triggers: [], actions: [action("http.request", "Send a request", ["api"])] },
  ],
  logic: [
    { kind: "filter", name: "Filter", description: "Go on only if a condition holds.", keywords: ["only if"] },
    { kind: "action", action: "http.request", name: "HTTP request", description: "Call any address.", keywords: ["rest", "api"] },
    { kind: "ai", name: "AI", description: "Ask a model.", keywords: ["gpt"] },
    { kind: "delay", name: "Delay", description: "Wait for a time.", keywords: ["wait", "sleep", "schedule"] },
    { kind: "wait_webhook", name: "Wait for webhook", description: "Wait until an address is called.", keywords: ["pause"] },
    { kind: "transform", name: "Transform", description: "Set fields.", keywords: ["set fields", "set", "edit fields"] },
    { kind: "code", name: "Code", description: "Run Python.", keywords: ["script"] },
  ],
  filters: [],
  operators: [],
};
const offers = offersOf(catalog, new Set(["customerio"]));
const names = (text: string, recent: string[] = []) => search(offers, text, recent).flatMap((group) => group.offers.map((one) => one.name));

test("without words everything is shown in groups, what was used lately and what is connected first", () => {
  const groups = search(offers, "", ["customerio.track-event", "gone"]);

  expect(groups.map((group) => group.label)).toEqual(["Recently used", "Apps", "Logic", "AI", "Code"]);
  expect(groups[0]?.offers.map((one) => one.name)).toEqual(["Track event"]);
  expect(groups[1]?.offers.map((one) => `${one.name}: ${one.description}`)).toEqual(["Customer.io: 3 actions", "HTTP Request: 1 action"]);
});

test.each([
  ["track", "Track event"],
  ["customer.io event", "Track event"],
  ["only if", "Filter"],
  ["python", "Code"],
  ["mail", "Send transactional e-mail"],
  ["categ", "Classify with AI"],
  ["GPT", "AI"],
  ["wait", "Delay"],
  ["set", "Transform"],
  ["edit fields", "Transform"],
  ["attributes", "Set attributes"],
])("%j finds %j first", (text, name) => expect(names(text)[0]).toBe(name));

test("an action that stands in two groups is found once", () => {
  expect(names("api")).toHaveLength(1);
});

test("an app shows its own actions alone", () => {
  const found = (text: string) => searchApp(offers, "customerio", text).flatMap((group) => group.offers.map((one) => one.name));

  expect(found("")).toEqual(["Track event", "Set attributes", "Send transactional e-mail"]);
  expect(found("mail")).toEqual(["Send transactional e-mail"]);
  expect(found("filter")).toEqual([]);
});

test("what fits only in part is not found", () => {
  expect(names("track nonsense")).toEqual([]);
});

test("who looks for a schedule is led to the trigger", () => {
  expect(["cron", "schedule", "Daily"].every(asksForStart)).toBe(true);
  expect(["", "cr", "wait", "schedule things"].some(asksForStart)).toBe(false);
});
