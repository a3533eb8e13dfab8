import { nullTranslator } from '@jupyterlab/translation';

import type { RokApi } from '../rest/api';
import { RokError } from '../rest/error';
import type { EntryDifference, Snapshot } from '../rest/values';
import { changeMenu } from './changeMenu';
import { Comparison } from './comparison';
import { kindOf } from './kinds';

const trans = nullTranslator.load('rok_jupyter');
const older = { id: 'older' } as Snapshot;
const newer = { id: 'newer' } as Snapshot;
const counts = { created: 1, deleted: 1, modified: 1, metadata: 0, type: 0, bytes_before: 0, bytes_after: 0 };

function item(path: string, change: EntryDifference['change'], size = 1): EntryDifference {
  const entry = { path, type: 'file', size } as EntryDifference['before'];
  const before = change === 'created' ? null : entry;
  return { volume: 'workspace', path, change, before, after: change === 'deleted' ? null : entry };
}

function serverOf(...pages: EntryDifference[][]): { api: RokApi; asked: string[] } {
  const asked: string[] = [];
  const diff = (
    id: string,
    against: string,
    _: unknown,
    { cursor }: { cursor?: string }
  ): Promise<unknown> => {
    asked.push(`${id} ${against}`);
    const page = Number(cursor ?? 0);
    const next_cursor = page + 1 < pages.length ? String(page + 1) : null;
    return Promise.resolve({ entries: pages[page], errors: [], counts, next_cursor });
  };
  return { api: { diff } as unknown as RokApi, asked };
}

describe('Comparison', () => {
  it('filters by kind and path, through all pages', async () => {
    const { api } = serverOf(
      [item('a.txt', 'modified')],
      [item('sub/B.txt', 'created'), item('c', 'deleted')]
    );
    const comparison = new Comparison(api, older, newer);
    await comparison.refresh();
    expect(comparison.items).toHaveLength(1);
    await comparison.setFilter({ change: 'created', text: '' });
    expect(comparison.items.map(each => each.path)).toEqual(['sub/B.txt']);
    await comparison.setFilter({ text: 'SUB/b' });
    expect(comparison.items.map(each => each.path)).toEqual(['sub/B.txt']);
  });

  it('swaps two snapshots, but never now', async () => {
    const { api, asked } = serverOf([]);
    const comparison = new Comparison(api, older, newer);
    await comparison.swap();
    const live = new Comparison(api, older, 'live');
    await live.swap();
    expect(live.unswappable).toBe(true);
    expect(asked).toEqual(['newer older']);
  });

  it('tells why it failed', async () => {
    const diff = (): Promise<never> => Promise.reject(new RokError('not_found', 'There is no snapshot.'));
    const comparison = new Comparison({ diff } as unknown as RokApi, older, 'live');
    await comparison.refresh();
    expect(comparison.error?.message).toBe('There is no snapshot.');
    expect(comparison.loading).toBe(false);
  });

  it('offers what was before, or what only the later snapshot holds', () => {
    const { api } = serverOf([]);
    const holders = (comparison: Comparison, change: EntryDifference['change']): unknown[] =>
      changeMenu(comparison, item('a', change)).map(({ args }) => args.snapshot);
    const both = new Comparison(api, older, newer);
    expect(holders(both, 'deleted').slice(0, 3)).toEqual(['older', 'older', 'older']);
    expect(holders(both, 'created').slice(0, 3)).toEqual(['newer', 'newer', 'newer']);
    expect(holders(new Comparison(api, older, 'live'), 'created')).toEqual([undefined]);
  });
});

describe('kindOf', () => {
  it.each([
    ['a.ipynb', 'modified', 9, 'notebook'],
    ['a.PNG', 'created', 9, 'image'],
    ['a.py', 'deleted', 9, 'text'],
    ['a.py', 'modified', 3_000_000, 'facts'],
    ['a.py', 'metadata', 9, 'facts']
  ] as const)('shows %s, %s, %d bytes as %s', (path, change, size, kind) => {
    expect(kindOf(item(path, change, size), trans).kind).toBe(kind);
  });
});
