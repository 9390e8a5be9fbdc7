/** A request as a command for a terminal. Its secrets are masked, so it must be completed by hand. */
import type { RequestShown } from "../api/types";

export function asCurl(request: Pick<RequestShown, "method" | "url" | "headers" | "body">): string {
  const parts = [`curl -X ${request.method} ${quoted(request.url)}`];
  for (const [name, value] of Object.entries(request.headers ?? {})) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  const body = typeof request.body === "string" ? request.body : request.body ? JSON.stringify(request.body) : "";
  if (body) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

/** Quote a text for a POSIX shell: nothing in single quotes means anything but the quote itself. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
