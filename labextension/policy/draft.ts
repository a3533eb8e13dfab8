/**
 * Schedule and retention as they are filled in: texts that may be wrong, and why they are.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Policy } from '../rest/values';

/** The counts of retention, in the order of the form. */
export const COUNTS = [
  'keep_last',
  'keep_hourly',
  'keep_daily',
  'keep_weekly',
  'keep_monthly',
  'keep_yearly'
] as const;
export type CountName = (typeof COUNTS)[number];

/** What is filled in. */
export interface IPolicyDraft {
  readonly isScheduled: boolean;
  /** Every so many minutes. */
  readonly minutes: string;
  /** Which volumes; none means all. */
  readonly volumes: readonly string[];
  readonly prune: boolean;
  /** Whether nothing is ever forgotten. */
  readonly keepsAll: boolean;
  readonly counts: Readonly<Record<CountName, string>>;
  readonly within: string;
  /** Separated by commas. */
  readonly tags: string;
  /** Whether a snapshot is taken before Restart Kernel and Run All Cells. */
  readonly beforeRunAll: boolean;
}

/** What the form offers where nothing is set. */
const SUGGESTED_MINUTES = '30';
const SUGGESTED: Readonly<Record<CountName, string>> = {
  keep_last: '10',
  keep_hourly: '24',
  keep_daily: '7',
  keep_weekly: '4',
  keep_monthly: '12',
  keep_yearly: '0'
};
const LONGEST_MINUTES = 527_040;
const LARGEST_COUNT = 1_000_000;
const DURATION = /^([0-9]{1,6}[ymdh])*$/;

/** Fill in the form from a policy. */
export function draftOf(policy: Policy, beforeRunAll: boolean): IPolicyDraft {
  const { schedule, retention } = policy;
  const counts = Object.fromEntries(COUNTS.map(name => [name, String(retention[name])]));
  const keepsAll =
    COUNTS.every(name => retention[name] === 0) &&
    retention.keep_within === '' &&
    retention.keep_tags.length === 0;
  return {
    isScheduled: schedule.every_minutes > 0,
    minutes: schedule.every_minutes > 0 ? String(schedule.every_minutes) : SUGGESTED_MINUTES,
    volumes: schedule.volumes,
    prune: schedule.prune,
    keepsAll,
    counts: keepsAll ? SUGGESTED : (counts as Record<CountName, string>),
    within: retention.keep_within,
    tags: retention.keep_tags.join(', '),
    beforeRunAll
  };
}

/** The policy that a draft without a problem stands for. */
export function policyOf(draft: IPolicyDraft): Policy {
  const count = (name: CountName): number => (draft.keepsAll ? 0 : Number(draft.counts[name].trim() || 0));
  return {
    schedule: {
      every_minutes: draft.isScheduled ? Number(draft.minutes) : 0,
      volumes: [...draft.volumes],
      prune: draft.prune
    },
    retention: {
      keep_last: count('keep_last'),
      keep_hourly: count('keep_hourly'),
      keep_daily: count('keep_daily'),
      keep_weekly: count('keep_weekly'),
      keep_monthly: count('keep_monthly'),
      keep_yearly: count('keep_yearly'),
      keep_within: draft.keepsAll ? '' : draft.within.replace(/\s/g, ''),
      keep_tags: draft.keepsAll ? [] : tagsOf(draft.tags)
    }
  };
}

/** Why a draft can't be saved, as a sentence; undefined where it can. */
export function policyProblem(draft: IPolicyDraft, trans: TranslationBundle): string | undefined {
  if (draft.isScheduled && !isCount(draft.minutes, 1, LONGEST_MINUTES)) {
    return trans.__(
      'Write after how many minutes the next snapshot is due: a number from 1 to %1.',
      LONGEST_MINUTES
    );
  }
  return draft.keepsAll ? undefined : retentionProblem(draft, trans);
}

function retentionProblem(draft: IPolicyDraft, trans: TranslationBundle): string | undefined {
  const wrong = COUNTS.find(name => !isCount(draft.counts[name].trim() || '0', 0, LARGEST_COUNT));
  if (wrong !== undefined) {
    return trans.__(
      '“%1” is no number of snapshots: write one from 0 to %2.',
      draft.counts[wrong],
      LARGEST_COUNT
    );
  }
  if (!DURATION.test(draft.within.replace(/\s/g, ''))) {
    return trans.__(
      '“%1” is no time: write it like 14d, 6m or 1y (hours h, days d, months m, years y).',
      draft.within
    );
  }
  const { retention } = policyOf(draft);
  const keepsSome =
    COUNTS.some(name => retention[name] > 0) ||
    retention.keep_within !== '' ||
    retention.keep_tags.length > 0;
  return keepsSome ? undefined : trans.__('Say what is kept in at least one field, or keep every snapshot.');
}

function tagsOf(text: string): string[] {
  return text
    .split(',')
    .map(tag => tag.trim())
    .filter(tag => tag);
}

function isCount(text: string, smallest: number, largest: number): boolean {
  return /^[0-9]+$/.test(text) && Number(text) >= smallest && Number(text) <= largest;
}
