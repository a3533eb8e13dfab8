import { nullTranslator } from '@jupyterlab/translation';

import type { Change, RestorePlan, RestoreResult } from '../rest/values';
import { countPlan, countResult, describeCounts } from './counts';
import { ChangedPlaces } from './places';

const trans = nullTranslator.load('rok_jupyter');

function planOf(...changes: [Change, string][]): RestorePlan {
  return {
    changes: changes.map(([change, path]) => ({
      volume: 'w',
      change,
      path,
      type: 'file',
      size: 0,
      part_of: null
    })),
    unchanged: 7
  } as unknown as RestorePlan;
}

const plan = planOf(
  ['created', 'a/b/c'],
  ['modified', 'a/x'],
  ['type', 'y'],
  ['deleted', 'z'],
  ['metadata', 'a']
);

describe('counts', () => {
  it('of a plan are those of the result that the server gives for it', () => {
    const result = { created: 1, modified: 2, deleted: 1, metadata: 1, unchanged: 7 } as RestoreResult;
    expect(countPlan(plan)).toEqual(countResult(result));
  });

  it('are told without zeros', () => {
    const counts = countPlan(planOf(['created', 'a'], ['created', 'b']));
    expect(describeCounts(counts, trans)).toBe('2 created, 7 unchanged');
  });
});

describe('ChangedPlaces', () => {
  const places = new ChangedPlaces(plan);

  it.each([
    ['a/b/c', true],
    ['a/b', false],
    ['a/x', true],
    ['other', false]
  ])('has %s: %s', (path, has) => {
    expect(places.has({ volume: 'w', path })).toBe(has);
  });

  it.each([
    ['a/b/notebook.ipynb', true],
    ['a/notebook.ipynb', true],
    ['notebook.ipynb', true],
    ['other/notebook.ipynb', false]
  ])('is around %s: %s', (path, around) => {
    expect(places.isAround({ volume: 'w', path })).toBe(around);
    expect(places.isAround({ volume: 'another', path })).toBe(false);
  });
});
