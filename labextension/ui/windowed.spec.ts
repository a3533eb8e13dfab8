import { seen } from './windowed';

/** A hundred rows of ten pixels. */
const STARTS = Float64Array.from({ length: 101 }, (_, index) => index * 10);

describe('seen', () => {
  it.each([
    [0, 50, 0, [0, 6]],
    [0, 50, 2, [0, 8]],
    [500, 50, 2, [48, 58]],
    [505, 50, 0, [50, 56]],
    [950, 50, 2, [93, 100]],
    [5000, 50, 2, [97, 100]],
    [0, 0, 5, [0, 0]]
  ])('finds the rows at %d of %d pixels with %d more', (scrollTop, clientHeight, overscan, range) => {
    expect(seen({ scrollTop, clientHeight }, STARTS, overscan)).toEqual(range);
  });

  it('is nothing of nothing', () => {
    expect(seen({ scrollTop: 0, clientHeight: 50 }, new Float64Array(1), 5)).toEqual([0, 0]);
    expect(seen(null, STARTS, 5)).toEqual([0, 0]);
  });
});
