/** One way to the server: JSON in, JSON out, errors typed. */
import type { Json } from "../definition/types";
import type { PageData } from "./types";

/** What the server refused, with what to do next. `status` 0: it could not be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly field: string;
  readonly details: unknown[];
  /** The whole answer; a 409 carries the other draft in it. */
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(text(body["message"]) || `The server answered with ${status}.`);
    this.name = "ApiError";
    this.status = status;
    this.code = text(body["code"]) || "failed";
    this.remedy = text(body["remedy"]);
    this.field = text(body["field"]);
    this.details = Array.isArray(body["details"]) ? body["details"] : [];
    this.body = body;
  }

  get offline(): boolean {
    return this.status === 0;
  }

  /** Whether signing in again mends it. */
  get signedOut(): boolean {
    return this.code === "signed_out" || this.code === BAD_TOKEN;
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

export type Query = Record<string, string | number | boolean | null | undefined>;

let page: PageData | null = null;

/** Read what the page carries; throws when the page has none. */
export function pageData(): PageData {
  if (page) return page;
  const element = document.getElementById("editor-data");
  if (!element?.textContent) throw new Error("This page carries no data for the editor.");
  page = JSON.parse(element.textContent) as PageData;
  return page;
}

/** Ask `path` below the editor's API. */
export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const address = new URL(path, new URL(pageData().api, location.href));
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) address.searchParams.set(key, String(value));
  }
  return ask<T>(address, { method: "GET", signal });
}

/** Send `body` to `path` below the editor's API. `keepalive` outlives the page (64 KiB at most). */
export async function post<T>(
  path: string,
  body: unknown,
  options: { signal?: AbortSignal; keepalive?: boolean } = {},
): Promise<T> {
  const address = new URL(path, new URL(pageData().api, location.href));
  const send = () =>
    ask<T>(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(body),
      ...options,
    });
  try {
    return await send();
  } catch (error) {
    // Refused before the API was asked, so nothing was done: the token is of another session.
    if (!(error instanceof ApiError) || error.code !== BAD_TOKEN || !(await renewToken())) throw error;
    return send();
  }
}

async function ask<T>(address: URL, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address, {
      ...init,
      credentials: "same-origin",
      headers: { Accept: "application/json", ...init.headers },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { code: "offline", message: "The server can not be reached.", remedy: "It is tried again by itself." });
  }
  const body = await read(response);
  if (response.ok && body !== undefined) return body as T;
  if (response.redirected || response.status === 401 || (response.ok && body === undefined)) {
    throw new ApiError(401, { code: "signed_out", message: "You are signed out.", remedy: "Sign in in another tab, then go on here." });
  }
  if (response.status === 403 && body === undefined) {
    throw new ApiError(403, { code: BAD_TOKEN, message: "This page is of an earlier session.", remedy: "Sign in in another tab, then try again here." });
  }
  throw new ApiError(response.status, isObject(body) ? body : {});
}

async function read(response: Response): Promise<Json | undefined> {
  if (!response.headers.get("Content-Type")?.includes("json")) return undefined;
  try {
    return (await response.json()) as Json;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const BAD_TOKEN = "bad_token";
const TOKEN_INPUT = "input[name=csrfmiddlewaretoken]";

/** The cookie first: signing in again changes it, and what the page was sent with is void then. */
function csrfToken(): string {
  const cookie = document.cookie.split("; ").find((part) => /^(__Host-|__Secure-)?csrftoken=/.test(part));
  if (cookie) return decodeURIComponent(cookie.slice(cookie.indexOf("=") + 1));
  return document.querySelector<HTMLInputElement>(TOKEN_INPUT)?.value ?? "";
}

/** Fetch this page's token anew, and with it its cookie; returns whether there is one. */
async function renewToken(): Promise<boolean> {
  try {
    const response = await fetch(location.href, { credentials: "same-origin" });
    if (!response.ok || response.redirected) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector<HTMLInputElement>(TOKEN_INPUT)?.value;
    const inputs = document.querySelectorAll<HTMLInputElement>(TOKEN_INPUT);
    if (token) inputs.forEach((input) => (input.value = token));
    return Boolean(token);
  } catch {
    return false;
  }
}
