/* What is said of a connection: how it stands, and which one is chosen by itself. */

import type { Connection } from "../api/types";

export type Look = "success" | "info" | "warning" | "danger" | "neutral";

interface Standing {
  text: string;
  look: Look;
  /** What an operator should do; "" where nothing is to be done. */
  remedy: string;
}

const STANDINGS: Record<string, Standing> = {
  connected: { text: "Connected", look: "success", remedy: "" },
  untested: {
    text: "Not tested yet",
    look: "neutral",
    remedy: "It has not been tested yet. Open it and press Test to see whether its keys work.",
  },
  needs_attention: {
    text: "Needs attention",
    look: "warning",
    remedy: "It works, but not everything does. Open it to see what is missing.",
  },
  broken: {
    text: "Broken",
    look: "danger",
    remedy: "The provider refuses its keys, so runs wait until it is mended. Open it and press Reconnect.",
  },
  disconnected: {
    text: "Disconnected",
    look: "danger",
    remedy: "It was given up and can't be used any more. Choose another one.",
  },
};

/** Say how a connection stands. A status that is not known is shown as it is. */
export function standingOf(connection: Connection): Standing {
  return STANDINGS[connection.status] ?? { text: connection.status, look: "neutral", remedy: "" };
}

/** The app's connections that a step can take, the chosen one among them whatever became of it. */
export function choicesOf(all: readonly Connection[], app: string | readonly string[], chosen: string): Connection[] {
  const apps = typeof app === "string" ? [app] : app;
  return all.filter(
    (one) => apps.includes(one.app) && (one.status !== "disconnected" || one.code === chosen),
  );
}

/** Return the connection to choose where nothing is chosen: the only one there is, if it can work. */
export function onlyChoice(choices: readonly Connection[]): Connection | null {
  const [first] = choices;
  return choices.length === 1 && first && first.status !== "broken" ? first : null;
}

/** A connection in one line: its name, its account, and that it is a sandbox. */
export function lineOf(connection: Connection): string {
  const facts = [connection.sandbox ? "sandbox" : connection.label].filter(Boolean);
  const named = facts.length ? `${connection.name} (${facts.join(", ")})` : connection.name;
  return ["broken", "needs_attention", "disconnected"].includes(connection.status)
    ? `${named}: ${standingOf(connection).text.toLowerCase()}`
    : named;
}
