import { copyName, readable } from './content';
import { differs } from './version';

describe('copyName', () => {
  const now = new Date(2026, 10, 2, 9, 5);

  it.each([
    ['a/report.ipynb', 1, 'a/report (unsaved, 2026-11-02 09.05).ipynb'],
    ['report.tar.gz', 2, 'report.tar (unsaved, 2026-11-02 09.05, 2).gz'],
    ['.profile', 1, '.profile (unsaved, 2026-11-02 09.05)'],
    ['RTC:b/none', 3, 'RTC:b/none (unsaved, 2026-11-02 09.05, 3)']
  ])('of %s, number %d, is %s', (path, number, name) => {
    expect(copyName(path, now, number)).toBe(name);
  });
});

describe('readable', () => {
  it('is a text itself, and the sources of a notebook', () => {
    expect(readable({ type: 'file', format: 'text', content: 'a\n' })).toBe('a\n');
    const cells = [{ source: 'one' }, { source: ['two\n', 'three'] }];
    expect(readable({ type: 'notebook', format: 'json', content: { cells } })).toBe('one\n\ntwo\nthree');
  });
});

describe('differs', () => {
  const at = (last_modified: string, hash?: string): { last_modified: string; hash?: string } => ({
    last_modified,
    hash
  });

  it.each([
    [
      'the same hash, whatever the times',
      at('2026-01-01T00:00:00Z', 'x'),
      at('2026-02-01T00:00:00Z', 'x'),
      false
    ],
    [
      'another hash, at the same time',
      at('2026-01-01T00:00:00Z', 'x'),
      at('2026-01-01T00:00:00Z', 'y'),
      true
    ],
    ['an earlier time, as a restore brings', at('2026-02-01T00:00:00Z'), at('2026-01-01T00:00:00Z'), true],
    ['a later time', at('2026-01-01T00:00:00Z'), at('2026-01-01T00:00:01Z'), true],
    ['times that were rounded', at('2026-01-01T00:00:00.4Z'), at('2026-01-01T00:00:00Z'), false]
  ])('for %s', (_, loaded, disk, another) => {
    expect(differs(loaded, disk)).toBe(another);
  });
});
