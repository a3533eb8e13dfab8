import { nullTranslator } from '@jupyterlab/translation';

import { ages, position, spans } from './timeline';

const DAY = 86_400_000;

describe('the line of time', () => {
  it('has now on the right, a year ago on the left, and the past in order between', () => {
    expect(position(0)).toBe(1);
    expect(position(365 * DAY)).toBeCloseTo(0);
    expect(position(DAY)).toBeGreaterThan(position(7 * DAY));
    expect(position(800 * DAY)).toBe(0);
  });

  it('counts ages from the newest', () => {
    expect(ages(['2026-05-12T00:00:00Z', '2026-05-11T00:00:00Z'])).toEqual([0, DAY]);
    expect(ages([])).toEqual([]);
  });

  it('counts each snapshot in one span', () => {
    const counts = spans([0, DAY, 2 * DAY, 20 * DAY, 400 * DAY], nullTranslator.load('rok_jupyter'));
    expect(counts.map(span => span.count)).toEqual([2, 1, 1, 0, 1]);
  });
});
