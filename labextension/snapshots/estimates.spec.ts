import { BIG, isBig, remaining } from './estimates';

const CACHE = { path: '.cache', reason: 'a cache', files: 100, size: 2e9 };
const ESTIMATE = {
  volume: 'workspace',
  path: '/home/ada/work',
  files: 150,
  size: 5e9,
  complete: true,
  is_home: false,
  candidates: [CACHE, { ...CACHE, path: 'env', size: 1e9, files: 20 }]
};

describe('estimates', () => {
  it('offer excludes for large volumes and home directories', () => {
    expect(isBig(ESTIMATE)).toBe(false);
    expect(isBig({ ...ESTIMATE, size: BIG + 1 })).toBe(true);
    expect(isBig({ ...ESTIMATE, is_home: true })).toBe(true);
  });

  it('shrink with what is left out', () => {
    expect(remaining(ESTIMATE, new Set())).toEqual({ files: 150, size: 5e9 });
    expect(remaining(ESTIMATE, new Set(['.cache', 'env']))).toEqual({ files: 30, size: 2e9 });
  });
});
