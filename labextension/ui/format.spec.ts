import { nullTranslator } from '@jupyterlab/translation';

import { formatAge, formatBytes, formatDuration } from './format';

const trans = nullTranslator.load('rok_jupyter');

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_960, '10 kB'],
    [999_600, '1.0 MB'],
    [3_400_000_000, '3.4 GB']
  ])('says %d as %s', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });
});

describe('formatDuration', () => {
  it.each([
    [8.4, '8 s'],
    [180, '3 min'],
    [7500, '2 h 5 min']
  ])('says %d seconds as %s', (seconds, words) => {
    expect(formatDuration(seconds, trans)).toBe(words);
  });
});

describe('formatAge', () => {
  const now = Date.parse('2026-05-12T10:31:00Z');

  it.each([
    ['2026-05-12T10:30:30Z', 'just now'],
    ['2026-05-12T10:26:00Z', '5 min ago'],
    ['2026-05-12T07:31:00Z', '3 h ago'],
    ['2026-05-11T10:31:00Z', '1 day ago'],
    ['2026-05-02T10:31:00Z', '10 days ago']
  ])('says %s as %s', (created, words) => {
    expect(formatAge(created, now, trans)).toBe(words);
  });
});
