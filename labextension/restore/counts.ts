/**
 * How many entries a restore creates, changes and deletes: of a plan, and of what was done.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { PlannedChange, RestorePlan, RestoreResult } from '../rest/values';

/** What happens to an entry, as a user thinks of it. */
export type Kind = 'created' | 'changed' | 'deleted' | 'attributes';

export const KINDS: readonly Kind[] = ['created', 'changed', 'deleted', 'attributes'];

/** Entries by what happens to them. */
export type Counts = Readonly<Record<Kind | 'unchanged', number>>;

/** What a planned change is to a user: another type is a change like any other. */
export function kindOf(change: PlannedChange): Kind {
  switch (change.change) {
    case 'created':
      return 'created';
    case 'deleted':
      return 'deleted';
    case 'metadata':
      return 'attributes';
    default:
      return 'changed';
  }
}

export function countPlan(plan: RestorePlan): Counts {
  const counts = { created: 0, changed: 0, deleted: 0, attributes: 0, unchanged: plan.unchanged };
  for (const change of plan.changes) {
    counts[kindOf(change)] += 1;
  }
  return counts;
}

export function countResult(result: RestoreResult): Counts {
  return {
    created: result.created,
    changed: result.modified,
    deleted: result.deleted,
    attributes: result.metadata,
    unchanged: result.unchanged
  };
}

/** "3 created", "1 deleted"... */
export function describeCount(kind: Kind, count: number, trans: TranslationBundle): string {
  switch (kind) {
    case 'created':
      return trans._n('%1 created', '%1 created', count);
    case 'changed':
      return trans._n('%1 changed', '%1 changed', count);
    case 'deleted':
      return trans._n('%1 deleted', '%1 deleted', count);
    case 'attributes':
      return trans._n('%1 attributes only', '%1 attributes only', count);
  }
}

/** All that isn't zero in one line: "3 created, 1 deleted, 20 unchanged". */
export function describeCounts(counts: Counts, trans: TranslationBundle): string {
  const parts = KINDS.filter(kind => counts[kind] > 0).map(kind => describeCount(kind, counts[kind], trans));
  parts.push(trans._n('%1 unchanged', '%1 unchanged', counts.unchanged));
  return parts.join(', ');
}
