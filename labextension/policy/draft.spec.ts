import { nullTranslator } from '@jupyterlab/translation';

import type { Policy } from '../rest/values';
import { draftOf, type IPolicyDraft, policyOf, policyProblem } from './draft';

const trans = nullTranslator.load('rok_jupyter');
const EMPTY: Policy = {
  schedule: { every_minutes: 0, volumes: [], prune: false },
  retention: {
    keep_last: 0,
    keep_hourly: 0,
    keep_daily: 0,
    keep_weekly: 0,
    keep_monthly: 0,
    keep_yearly: 0,
    keep_within: '',
    keep_tags: []
  }
};
const FULL: Policy = {
  schedule: { every_minutes: 15, volumes: ['data'], prune: true },
  retention: {
    ...EMPTY.retention,
    keep_last: 3,
    keep_yearly: 2,
    keep_within: '1y5m',
    keep_tags: ['paper', 'final']
  }
};

describe('a draft', () => {
  it.each([EMPTY, FULL])('stands for the policy that it was made of', policy => {
    expect(policyOf(draftOf(policy, false))).toEqual(policy);
  });

  it('offers counts where nothing was kept by rule, and does not save them unasked', () => {
    const draft = draftOf(EMPTY, false);
    expect(draft.keepsAll).toBe(true);
    expect(policyOf({ ...draft, keepsAll: false }).retention.keep_hourly).toBe(24);
  });

  it.each<[Partial<IPolicyDraft>, RegExp]>([
    [{ isScheduled: true, minutes: '0' }, /after how many minutes/],
    [{ isScheduled: true, minutes: '1.5' }, /after how many minutes/],
    [{ keepsAll: false, within: '2 weeks' }, /is no time/],
    [{ keepsAll: false, counts: { ...draftOf(FULL, false).counts, keep_last: '-1' } }, /“-1” is no number/]
  ])('is not taken with %j', (fields, problem) => {
    expect(policyProblem({ ...draftOf(EMPTY, false), ...fields }, trans)).toMatch(problem);
  });

  it('must keep something', () => {
    const { counts } = draftOf({ ...FULL, retention: { ...EMPTY.retention, keep_within: '1d' } }, false);
    const draft = { ...draftOf(EMPTY, false), keepsAll: false, counts };
    expect(policyProblem(draft, trans)).toMatch(/at least one field/);
    expect(policyProblem({ ...draft, tags: 'paper' }, trans)).toBeUndefined();
    expect(policyProblem({ ...draft, within: '1y 5m' }, trans)).toBeUndefined();
  });
});
