/** What may be said of the connections that going live would use. */
import type { Connection, Problem } from "../api/types";

/** Whether a connection, or what needs one, is still to be chosen or mended. */
export const lacksConnection = (problems: readonly Problem[]): boolean =>
  problems.some((problem) => problem.field === "connection" || problem.field === "action");

/** Only where every connection is known may sandboxes be promised. */
export function titleOfConnections(connections: readonly Pick<Connection, "status" | "sandbox">[], missing: boolean): string {
  if (connections.some((one) => one.status === "broken")) return "A connection is broken";
  if (missing) return "Connections chosen so far";
  return connections.every((one) => one.sandbox) ? "Everything runs in sandboxes: no real account is called" : "Connections";
}
