/**
 * What a task is, in words: its verb, its state, and what it was about.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { decodeName } from '../rest/names';
import type { Task } from '../rest/values';
import { formatDuration, shortId } from '../ui/format';

/** Verbs that a user asked for; the others are steps of something that another view shows. */
const LOUD = new Set([
  'snapshot',
  'scheduled-snapshot',
  'restore',
  'undo',
  'export',
  'delete',
  'forget',
  'prune',
  'check',
  'copy',
  'copy-back',
  'clone',
  'attach',
  'detach'
]);

/** Whether a task is worth a word to those who don't look at it. */
export function isLoud(task: Task): boolean {
  return LOUD.has(task.verb);
}

/** A task's verb as a noun: "Snapshot", "Restore preview". A verb of a newer server is shown as it is. */
export function verbNoun(verb: string, trans: TranslationBundle): string {
  const nouns: Readonly<Record<string, string>> = {
    snapshot: trans.__('Snapshot'),
    'scheduled-snapshot': trans.__('Scheduled snapshot'),
    estimate: trans.__('Size estimate'),
    tree: trans.__('Listing of a folder'),
    diff: trans.__('Comparison'),
    'restore-plan': trans.__('Preview of a restore'),
    restore: trans.__('Restore'),
    'copy-back': trans.__('Copy back'),
    undo: trans.__('Undo'),
    export: trans.__('Export'),
    delete: trans.__('Deletion of snapshots'),
    forget: trans.__('Forgetting of old snapshots'),
    prune: trans.__('Removal of unused data'),
    check: trans.__('Check of the repository'),
    copy: trans.__('Copy of snapshots'),
    clone: trans.__('Clone'),
    attach: trans.__('Attaching of a volume'),
    detach: trans.__('Detaching of a volume')
  };
  return nouns[verb] ?? verb;
}

/** A task's state: "done", "done, with errors". */
export function stateWord(task: Task, trans: TranslationBundle): string {
  switch (task.status) {
    case 'queued':
      return trans.__('waiting');
    case 'running':
      return task.report.cancel_requested ? trans.__('stopping') : trans.__('running');
    case 'succeeded':
      return task.report.errors > 0 ? trans.__('done, with errors') : trans.__('done');
    case 'failed':
      return trans.__('failed');
    case 'cancelled':
      return trans.__('cancelled');
    case 'interrupted':
      return trans.__('interrupted');
  }
}

/** What a task was about, as far as it tells: a snapshot's message, a volume's name; "" where it doesn't. */
export function subject(task: Task, trans: TranslationBundle): string {
  const body: Readonly<Record<string, unknown>> = task.retry?.body ?? {};
  const result: Readonly<Record<string, unknown>> = task.result ?? {};
  const said = [result.message, body.message, result.name, body.name].find(
    text => typeof text === 'string' && text !== ''
  ) as string | undefined;
  if (said !== undefined) {
    return said;
  }
  const [, kind, name] = /^\/?(?:rok\/v1\/)?(snapshots|volumes)\/([^/?]+)/.exec(task.retry?.path ?? '') ?? [];
  if (kind === 'volumes') {
    return decodeURIComponent(name);
  }
  const snapshot = name ?? (typeof result.snapshot === 'string' ? result.snapshot : undefined);
  return snapshot === undefined ? '' : trans.__('snapshot %1', shortId(snapshot));
}

/** How long a task took, or takes so far; "" before it started. */
export function duration(task: Task, trans: TranslationBundle): string {
  if (task.started === null) {
    return '';
  }
  const seconds =
    task.finished === null
      ? task.report.elapsed_seconds
      : (Date.parse(task.finished) - Date.parse(task.started)) / 1000;
  return seconds < 1 ? trans.__('under 1 s') : formatDuration(seconds, trans);
}

/** What a screen reader is told when a task starts or ends. */
export function announcement(task: Task, trans: TranslationBundle): string {
  const about = subject(task, trans);
  const noun = verbNoun(task.verb, trans);
  const what = about ? trans.__('%1 (%2)', noun, about) : noun;
  const state = stateWord(task, trans);
  return task.error
    ? trans.__('%1: %2. %3', what, state, task.error.message)
    : trans.__('%1: %2.', what, state);
}

/** Where an entry is, spelled for people. */
export function entryPlace(volume: string, path: string): string {
  return volume ? `${volume}:${decodeName(path)}` : decodeName(path);
}
