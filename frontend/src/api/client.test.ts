// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { post } from "./client";

let tokens: string[];
let wanted: string;
let page: () => Response;

const html = (token: string, status = 200) =>
  new Response(`<form><input type="hidden" name="csrfmiddlewaretoken" value="${token}"></form>`, { status, headers: { "Content-Type": "text/html" } });

beforeEach(() => {
  const data = { workflow: { pk: 1 }, api: "/api/", urls: {}, can: {}, user: {}, theme: "auto", nonce: "" };
  document.body.innerHTML = `<script type="application/json" id="editor-data">${JSON.stringify(data)}</script><input type="hidden" name="csrfmiddlewaretoken" value="of-the-page">`;
  [tokens, wanted, page] = [[], "of-the-page", () => html("fresh")];
  vi.stubGlobal("fetch", async (_: URL | string, init: RequestInit) => {
    if (init.method !== "POST") return page();
    const token = (init.headers as Record<string, string>)["X-CSRFToken"] ?? "";
    tokens.push(token);
    if (token !== wanted) return html("", 403);
    return new Response("{}", { headers: { "Content-Type": "application/json" } });
  });
});

afterEach(() => {
  document.cookie = "csrftoken=; max-age=0";
  vi.unstubAllGlobals();
});

test("who signed in again goes on with the token of the new session", async () => {
  document.cookie = "csrftoken=of-the-new-session";
  wanted = "of-the-new-session";

  await post("draft", {});

  expect(tokens).toEqual(["of-the-new-session"]);
});

test("where the token is void the page is asked for another, once", async () => {
  wanted = "fresh";
  await post("draft", {});
  expect(tokens).toEqual(["of-the-page", "fresh"]);

  [tokens, wanted] = [[], "none of these"];
  await expect(post("draft", {})).rejects.toMatchObject({ status: 403, signedOut: true });
  expect(tokens).toHaveLength(2);
});

test("who is signed out is told to sign in, and nothing is tried again", async () => {
  wanted = "another";
  page = () => html("", 403);

  await expect(post("draft", {})).rejects.toMatchObject({ signedOut: true });
  expect(tokens).toHaveLength(1);
});
