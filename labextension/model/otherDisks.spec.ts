import { placeIn, volumeName } from './otherDisks';

describe('volumeName', () => {
  it('is the directory’s, as far as a volume may be called so', () => {
    expect(volumeName('/home/ada/work/data sets', new Set())).toBe('data sets');
    expect(volumeName('/work/übung (1)', new Set())).toBe('bung -1');
    expect(volumeName('/work/…', new Set())).toBe('disk');
    expect(volumeName('/work/workspace', new Set())).toBe('disk');
  });

  it('is none that there is already', () => {
    expect(volumeName('/work/data', new Set(['data', 'data-2']))).toBe('data-3');
  });
});

describe('placeIn', () => {
  it('is relative to the workspace', () => {
    expect(placeIn('/work/sub/data', '/work/')).toBe('sub/data');
    expect(placeIn('/workbench/data', '/work')).toBe('/workbench/data');
  });
});
