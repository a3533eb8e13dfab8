/**
 * The time line's rows: snapshots with a heading for each day. Pure: values in, values out.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Snapshot } from '../rest/values';

/** A day's heading, or a snapshot with its position among the snapshots. */
export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly label: string }
  | {
      readonly kind: 'snapshot';
      readonly key: string;
      readonly snapshot: Snapshot;
      readonly position: number;
    };

/** Heights in pixels at a font size of 13. */
const DAY_HEIGHT = 28;
const ROW_HEIGHT = 46;
const CHIPS_HEIGHT = 22;

/** Group snapshots, newest first, by their local day; `now` in milliseconds says which day today is. */
export function timelineRows(
  snapshots: readonly Snapshot[],
  now: number,
  trans: TranslationBundle,
  locale?: string
): readonly Row[] {
  const rows: Row[] = [];
  let last = '';
  snapshots.forEach((snapshot, position) => {
    const day = dayOf(snapshot);
    if (day !== last) {
      last = day;
      const label = dayLabel(new Date(snapshot.created), now, trans, locale);
      rows.push({ kind: 'day', key: `day ${day}`, label });
    }
    rows.push({ kind: 'snapshot', key: snapshot.id, snapshot, position });
  });
  return rows;
}

/** How high a row is, in pixels at a font size of 13: one with tags or warnings has a line more. */
export function rowHeight(row: Row): number {
  if (row.kind === 'day') {
    return DAY_HEIGHT;
  }
  return hasChips(row.snapshot) ? ROW_HEIGHT + CHIPS_HEIGHT : ROW_HEIGHT;
}

/** Whether a row has a line of tags and warnings. */
export function hasChips(snapshot: Snapshot): boolean {
  return (
    snapshot.tags.length > 0 ||
    snapshot.errors.length > 0 ||
    snapshot.changed_while_read.length > 0 ||
    Boolean(snapshot.unsaved_documents)
  );
}

const days = new WeakMap<Snapshot, string>();

/** The local day of a snapshot; a list that grows asks for the same ones again and again. */
function dayOf(snapshot: Snapshot): string {
  const known = days.get(snapshot) ?? dayKey(new Date(snapshot.created));
  days.set(snapshot, known);
  return known;
}

function dayKey(date: Date): string {
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

function dayLabel(date: Date, now: number, trans: TranslationBundle, locale?: string): string {
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  switch (dayKey(date)) {
    case dayKey(today):
      return trans.__('Today');
    case dayKey(yesterday):
      return trans.__('Yesterday');
  }
  const year = date.getFullYear() === today.getFullYear() ? undefined : 'numeric';
  return date.toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long', year });
}
