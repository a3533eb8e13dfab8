import { choose, moveTo, NOTHING, positionAfter, without } from './selection';

const ORDER = ['a', 'b', 'c', 'd'];

describe('choose', () => {
  it('selects alone, adds and takes away, and selects a range from the anchor both ways', () => {
    const alone = choose(NOTHING, 'c', 'alone', ORDER);
    expect([...alone.ids]).toEqual(['c']);
    expect([...choose(alone, 'a', 'toggle', ORDER).ids].sort()).toEqual(['a', 'c']);
    expect([...choose(alone, 'c', 'toggle', ORDER).ids]).toEqual([]);
    const up = choose(alone, 'a', 'range', ORDER);
    expect([...up.ids]).toEqual(['a', 'b', 'c']);
    expect([...choose(up, 'd', 'range', ORDER).ids]).toEqual(['c', 'd']);
  });

  it('moves without selecting', () => {
    const moved = moveTo(choose(NOTHING, 'a', 'alone', ORDER), 'b');
    expect([moved.active, [...moved.ids]]).toEqual(['b', ['a']]);
  });
});

describe('without', () => {
  it('drops what is gone, and is the same value where nothing is', () => {
    const selection = choose(choose(NOTHING, 'a', 'alone', ORDER), 'b', 'toggle', ORDER);
    expect(without(selection, () => false)).toBe(selection);
    const left = without(selection, id => id === 'b');
    expect([left.active, [...left.ids]]).toEqual([undefined, ['a']]);
  });
});

describe('positionAfter', () => {
  it.each([
    ['ArrowDown', 0, 1],
    ['ArrowDown', 9, 9],
    ['ArrowUp', 0, 0],
    ['ArrowUp', -1, 0],
    ['ArrowDown', -1, 0],
    ['PageDown', 2, 7],
    ['PageUp', 2, 0],
    ['Home', 7, 0],
    ['End', 2, 9],
    ['x', 2, undefined]
  ])('leads with %s from %d to %s', (key, at, to) => {
    expect(positionAfter(key, at, 10, 5)).toBe(to);
  });
});
