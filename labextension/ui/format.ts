/**
 * Numbers and times as a user reads them.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Bytes in decimal units: "0 B", "12 kB", "3.4 GB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A duration in seconds: "8 s", "3 min", "2 h 5 min". */
export function formatDuration(seconds: number, trans: TranslationBundle): string {
  if (seconds < MINUTE) {
    return trans.__('%1 s', Math.max(0, Math.round(seconds)));
  }
  const minutes = Math.round(seconds / MINUTE);
  if (minutes < 60) {
    return trans.__('%1 min', minutes);
  }
  return trans.__('%1 h %2 min', Math.floor(minutes / 60), minutes % 60);
}

/** How long ago: "just now", "5 min ago", "3 h ago", "2 days ago". */
export function formatAge(created: string, now: number, trans: TranslationBundle): string {
  const seconds = (now - Date.parse(created)) / 1000;
  if (seconds < MINUTE) {
    return trans.__('just now');
  }
  if (seconds < HOUR) {
    return trans.__('%1 min ago', Math.floor(seconds / MINUTE));
  }
  if (seconds < DAY) {
    return trans.__('%1 h ago', Math.floor(seconds / HOUR));
  }
  const days = Math.floor(seconds / DAY);
  return trans._n('%1 day ago', '%1 days ago', days);
}

/** The time of day: "10:31". */
export function formatTime(created: string, locale?: string): string {
  return formatter(locale, { hour: 'numeric', minute: '2-digit' }).format(new Date(created));
}

/** Date and time: "12 May 2026, 10:31". */
export function formatDateTime(created: string, locale?: string): string {
  return formatter(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(created));
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** A formatter takes longer to make than to use, and long lists use it in every row. */
function formatter(locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, options]);
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, known);
  return known;
}

/** A snapshot's time where room is scarce: "12 May, 10:31"; with the year where it isn't this one. */
export function formatMoment(created: string, now: number = Date.now(), locale?: string): string {
  const date = new Date(created);
  const year = date.getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
  return formatter(locale, {
    day: 'numeric',
    month: 'short',
    year,
    hour: '2-digit',
    minute: '2-digit'
  }).format(date);
}

/** The first digits of an id, which are what people say and type. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
