/**
 * What changed, in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Change, Snapshot } from '../rest/values';
import { formatDateTime, formatMoment } from '../ui/format';
import type { Later } from './comparison';

/** The kinds of change in the order in which they are told. */
export const CHANGES: readonly Change[] = ['created', 'modified', 'deleted', 'type', 'metadata'];

/** A kind of change, in a word. */
export function nameChange(change: Change, trans: TranslationBundle): string {
  const names: Record<Change, string> = {
    created: trans.__('created'),
    modified: trans.__('modified'),
    deleted: trans.__('deleted'),
    type: trans.__('replaced'),
    metadata: trans.__('attributes')
  };
  return names[change];
}

/** A kind of change, by a sign. */
export const SIGNS: Record<Change, string> = {
  created: '+',
  modified: '~',
  deleted: '−',
  type: '!',
  metadata: '·'
};

/** A state in full: when, and its message. */
export function nameState(state: Later, trans: TranslationBundle): string {
  return state === 'live' ? trans.__('now') : nameSnapshot(state);
}

function nameSnapshot({ created, message }: Snapshot): string {
  return formatDateTime(created) + (message ? `, “${message}”` : '');
}

/** A state where room is scarce. */
export function nameBriefly(state: Later, trans: TranslationBundle): string {
  return state === 'live' ? trans.__('now') : formatMoment(state.created);
}
