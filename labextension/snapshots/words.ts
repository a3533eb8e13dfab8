/**
 * What a snapshot is called and what is said of it. Pure: values in, words out.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Origin, OriginKind, Snapshot } from '../rest/values';
import { formatBytes, formatDateTime } from '../ui/format';

/** Something about a snapshot that its user should know: short for the row, and in a sentence. */
export interface IWarning {
  readonly kind: 'error' | 'changed' | 'unsaved';
  readonly label: string;
  readonly sentence: string;
}

/** Why snapshots exist, in one word, in the order in which the filter offers them. */
export function originWords(trans: TranslationBundle): Readonly<Record<OriginKind, string>> {
  return {
    manual: trans.__('Manual'),
    schedule: trans.__('Scheduled'),
    safety: trans.__('Safety'),
    step: trans.__('Step'),
    cell: trans.__('Cell')
  };
}

/** Why a snapshot exists, short: "Manual", "Before step train", "Step train failed". */
export function originWord(origin: Origin, trans: TranslationBundle): string {
  if (origin.kind !== 'step' || !origin.step) {
    return originWords(trans)[origin.kind];
  }
  switch (origin.moment) {
    case 'before':
      return trans.__('Before step %1', origin.step);
    case 'after':
      return trans.__('After step %1', origin.step);
    case 'failed':
      return trans.__('Step %1 failed', origin.step);
    default:
      return trans.__('Step %1', origin.step);
  }
}

/** Why a snapshot exists, in a sentence. */
export function originSentence(origin: Origin, trans: TranslationBundle): string {
  switch (origin.kind) {
    case 'manual':
      return trans.__('Taken by hand.');
    case 'schedule':
      return trans.__('Taken by the schedule.');
    case 'safety':
      return origin.details.before === 'undo'
        ? trans.__('Taken for safety before an undo.')
        : trans.__('Taken for safety before a restore.');
    case 'cell':
      return trans.__('Taken before a notebook’s cell ran.');
    case 'step': {
      const where = [origin.pipeline, origin.run].filter(part => part).join(', ');
      const word = originWord(origin, trans);
      return where ? trans.__('%1 of the pipeline %2.', word, where) : `${word}.`;
    }
  }
}

/** What a snapshot is called: its message or, without one, why it exists. */
export function snapshotTitle(snapshot: Snapshot, trans: TranslationBundle): string {
  if (snapshot.message) {
    return snapshot.message;
  }
  switch (snapshot.origin.kind) {
    case 'manual':
      return trans.__('Snapshot');
    case 'schedule':
      return trans.__('Scheduled snapshot');
    case 'safety':
      return snapshot.origin.details.before === 'undo'
        ? trans.__('Before an undo')
        : trans.__('Before a restore');
    case 'cell':
      return trans.__('Before a cell');
    case 'step':
      return originWord(snapshot.origin, trans);
  }
}

/** How many files differ from the snapshot before; undefined where nobody counted. */
export function filesChanged(snapshot: Snapshot): number | undefined {
  const counts = snapshot.statistics;
  return counts ? counts.files_new + counts.files_changed + counts.files_removed : undefined;
}

/** What a snapshot added: ["+1.2 MB", "3 files changed"]. */
export function figures(snapshot: Snapshot, trans: TranslationBundle): readonly string[] {
  const changed = filesChanged(snapshot);
  if (changed === undefined || !snapshot.statistics) {
    return [];
  }
  const added = snapshot.statistics.bytes_added;
  return [
    ...(added > 0 ? [`+${formatBytes(added)}`] : []),
    changed === 0 ? trans.__('nothing changed') : trans._n('%1 file changed', '%1 files changed', changed)
  ];
}

/** What stands below a row's title: why the snapshot exists, unless the title says that already, and what it added. */
export function metaWords(snapshot: Snapshot, trans: TranslationBundle): readonly string[] {
  const { origin, message } = snapshot;
  const why = message ? originWord(origin, trans) : (origin.pipeline ?? '');
  return [...(why ? [why] : []), ...figures(snapshot, trans)];
}

/** What is not as it should be with a snapshot. */
export function warnings(snapshot: Snapshot, trans: TranslationBundle): readonly IWarning[] {
  const found: IWarning[] = [];
  const { errors, changed_while_read: changed, unsaved_documents: unsaved } = snapshot;
  if (errors.length > 0) {
    found.push({
      kind: 'error',
      label: trans._n('%1 not stored', '%1 not stored', errors.length),
      sentence: trans._n('%1 file could not be stored.', '%1 files could not be stored.', errors.length)
    });
  }
  if (changed.length > 0) {
    found.push({
      kind: 'changed',
      label: trans._n('%1 changed while read', '%1 changed while read', changed.length),
      sentence: trans._n(
        '%1 file was written while it was read: it may be half old, half new.',
        '%1 files were written while they were read: they may be half old, half new.',
        changed.length
      )
    });
  }
  if (unsaved) {
    found.push({
      kind: 'unsaved',
      label: trans._n('%1 unsaved', '%1 unsaved', unsaved),
      sentence: trans._n(
        '%1 open document had changes that were not saved, so they are not in it.',
        '%1 open documents had changes that were not saved, so they are not in it.',
        unsaved
      )
    });
  }
  return found;
}

/** Everything of a row in one sentence, as a screen reader says it. */
export function spokenRow(snapshot: Snapshot, trans: TranslationBundle, locale?: string): string {
  return [
    snapshotTitle(snapshot, trans),
    formatDateTime(snapshot.created, locale),
    originWord(snapshot.origin, trans),
    ...(snapshot.pinned ? [trans.__('pinned')] : []),
    ...figures(snapshot, trans),
    ...warnings(snapshot, trans).map(warning => warning.sentence),
    ...(snapshot.tags.length > 0 ? [trans.__('Tags: %1', snapshot.tags.join(', '))] : [])
  ].join(', ');
}
