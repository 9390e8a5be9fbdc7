/** Moments in words. */
const FORMAT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/** "23 Nov 2026, 18:20 UTC"; nothing for what is no moment. */
export function moment(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? "" : `${FORMAT.format(at)} UTC`;
}
