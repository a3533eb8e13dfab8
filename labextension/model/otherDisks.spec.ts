import { placeIn, volumeName } from './otherDisks';

describe('volumeName', () => {
  it('is the directory’s, as far as a volume may be called so', () => {
    expect(volumeName('/home/ada/work/data sets', new Set())).toBe('data sets');
    expect(volumeName('/home/ann/übung (1)', new Set())).toBe('bung -1');
    expect(volumeName('/home/ann/…', new Set())).toBe('disk');
    expect(volumeName('/home/ann/workspace', new Set())).toBe('disk');
  });

  it('is none that there is already', () => {
    expect(volumeName('/home/ann/data', new Set(['data', 'data-2']))).toBe('data-3');
  });
});

describe('placeIn', () => {
  it('is relative to the workspace', () => {
    expect(placeIn('/home/ann/sub/data', '/home/ann/')).toBe('sub/data');
    expect(placeIn('/home/annbench/data', '/home/ann')).toBe('/home/annbench/data');
  });
});
