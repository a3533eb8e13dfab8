import { nullTranslator } from '@jupyterlab/translation';

import { aSnapshot } from '../testing/values';
import { rowHeight, timelineRows } from './timeline';

const trans = nullTranslator.load('rok_jupyter');
const NOW = new Date(2026, 4, 12, 18, 0).getTime();

function at(day: number, hour: number, year = 2026): string {
  return new Date(year, 4, day, hour, 30).toISOString();
}

describe('timelineRows', () => {
  it('puts a heading above each local day', () => {
    const times = [at(12, 17), at(12, 0), at(11, 23), at(9, 9), at(9, 8), at(9, 8, 2025)];
    const rows = timelineRows(
      times.map((created, index) => aSnapshot({ id: String(index), created })),
      NOW,
      trans,
      'en-GB'
    );
    // Whether there is a comma after the weekday is the ICU version's choice.
    const told = rows.map(row => (row.kind === 'day' ? row.label.replace(',', '') : row.position));
    expect(told).toEqual(['Today', 0, 1, 'Yesterday', 2, 'Saturday 9 May', 3, 4, 'Friday 9 May 2025', 5]);
  });

  it('is quick for ten thousand', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      aSnapshot({ id: String(index), created: new Date(NOW - index * 1_800_000).toISOString() })
    );
    const begun = performance.now();
    const rows = timelineRows(many, NOW, trans, 'en-GB');
    expect(rows.length).toBeGreaterThan(10_200);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe('rowHeight', () => {
  it('has a line more for tags and warnings', () => {
    const height = (part: object): number =>
      rowHeight({ kind: 'snapshot', key: 'a', position: 0, snapshot: aSnapshot(part) });
    const plain = height({});
    expect(height({ tags: ['a'] })).toBeGreaterThan(plain);
    expect(height({ unsaved_documents: 1 })).toBe(height({ tags: ['a'] }));
    expect(height({ unsaved_documents: null })).toBe(plain);
  });
});
