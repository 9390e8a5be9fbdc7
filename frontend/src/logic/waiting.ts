/* When a delay ends, told in words. */

import type { DelayStep, Json } from "../definition/types";

export const UNIT_SECONDS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const;
const LONGEST_DAYS = 90;

export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

export interface Preview {
  text: string;
  /** Whether the step would fail as it is set. */
  wrong: boolean;
}

/** What is known when the preview is made. */
export interface Known {
  now: Date;
  /** What the mapping that counts (`amount` or `until`) came to on the chosen event. */
  value: Json;
  locale?: string;
}

/** Say until when a run that came to this step now would wait; null when nothing can be said. */
export function delayPreview(step: DelayStep, known: Known): Preview | null {
  if (step.mode === "for") return ofAmount(step, known);
  if (step.mode === "until") return ofMoment(known);
  const time = step.time ?? "";
  if (!isTime(time)) return { text: "Give the time of day as hours and minutes, such as 09:00.", wrong: true };
  const zone = step.zone || "UTC";
  if (!isZone(zone)) return { text: `There is no time zone “${zone}”.`, wrong: true };
  const moment = nextTimeOfDay(known.now, time, zone, step.days ?? []);
  return moment && { text: `Waits until ${inWords(moment, known.locale, zone)} (${zone}).`, wrong: false };
}

function ofAmount(step: DelayStep, known: Known): Preview | null {
  const { value } = known;
  if (value === null || value === "") return null;
  const amount = typeof value === "number" ? value : Number(value);
  if (!Number.isFinite(amount) || amount < 0) return { text: `“${String(value)}” is not an amount of time.`, wrong: true };
  const seconds = amount * UNIT_SECONDS[step.unit ?? "minutes"];
  if (seconds > LONGEST_DAYS * UNIT_SECONDS.days) {
    return { text: `A run waits ${LONGEST_DAYS} days at most, so this step would fail.`, wrong: true };
  }
  const until = new Date(known.now.getTime() + seconds * 1000);
  return { text: `A run that comes here now waits until ${inWords(until, known.locale)}.`, wrong: false };
}

function ofMoment(known: Known): Preview | null {
  const { value } = known;
  if (value === null || value === "") return null;
  const moment = momentOf(value);
  if (!moment) return { text: `“${String(value)}” is not a time.`, wrong: true };
  if (moment <= known.now) return { text: `${inWords(moment, known.locale)} is past, so the run goes on at once.`, wrong: false };
  if (moment.getTime() - known.now.getTime() > LONGEST_DAYS * UNIT_SECONDS.days * 1000) {
    return { text: `${inWords(moment, known.locale)} is more than ${LONGEST_DAYS} days ahead, so this step would fail.`, wrong: true };
  }
  return { text: `Waits until ${inWords(moment, known.locale)}.`, wrong: false };
}

/** Read unix seconds or ISO text. */
export function momentOf(value: Json): Date | null {
  if (typeof value === "number" || (typeof value === "string" && /^\d{9,11}(\.\d+)?$/.test(value.trim()))) {
    return valid(new Date(Number(value) * 1000));
  }
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(value.trim())) return null;
  const text = value.trim();
  // A time without a zone is UTC, as on the server.
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(text) || text.length <= 10 ? text : `${text}Z`;
  return valid(new Date(zoned));
}

function valid(date: Date): Date | null {
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Return the next moment that a clock in `zone` shows `time` on one of `days` (Monday is 0; none means any). */
export function nextTimeOfDay(now: Date, time: string, zone: string, days: readonly number[]): Date | null {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const today = wallClock(now, zone);
  for (let ahead = 0; ahead <= 8; ahead += 1) {
    const wall = Date.UTC(today.year, today.month - 1, today.day + ahead, hour, minute);
    const weekday = (new Date(wall).getUTCDay() + 6) % 7;
    if (days.length && !days.includes(weekday)) continue;
    const moment = fromWall(wall, zone);
    if (moment > now) return moment;
  }
  return null;
}

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

function wallClock(moment: Date, zone: string): Wall {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  }).formatToParts(moment);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute") };
}

/** Return the moment at which a clock in `zone` shows `wall` (told as if it were UTC). */
function fromWall(wall: number, zone: string): Date {
  let moment = wall;
  // The offset belongs to the moment sought, so a guess beside a change of the clocks is mended once.
  for (let round = 0; round < 2; round += 1) moment = wall - offset(new Date(moment), zone);
  return new Date(moment);
}

function offset(moment: Date, zone: string): number {
  const { year, month, day, hour, minute } = wallClock(moment, zone);
  return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(moment.getTime() / 60_000) * 60_000;
}

export function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

export function isZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export function inWords(moment: Date, locale?: string, zone?: string): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    ...(zone ? { timeZone: zone } : {}),
  }).format(moment);
}
