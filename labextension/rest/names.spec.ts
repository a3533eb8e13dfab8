import { baseName, decodeName, encodeName, formatVolumePath, parentPath, parseVolumePath } from './names';

describe('encodeName', () => {
  it.each([
    ['report.ipynb', 'report.ipynb'],
    ['100%.txt', '100%25.txt'],
    ['a\nb', 'a%0Ab'],
    ['\u0085', '%C2%85'],
    ['дом/ü.txt', 'дом/ü.txt']
  ])('spells %j as %j', (name, text) => {
    expect(encodeName(name)).toBe(text);
  });
});

describe('decodeName', () => {
  it.each([
    ['100%25.txt', '100%.txt'],
    ['a%0Ab', 'a%0Ab'],
    ['%FF%25', '%FF%25'],
    ['100% sure', '100% sure']
  ])('shows %j as %j', (text, shown) => {
    expect(decodeName(text)).toBe(shown);
  });
});

describe('addresses', () => {
  it('are taken apart at the first colon', () => {
    expect(parseVolumePath('workspace:a:b/c')).toEqual({ volume: 'workspace', path: 'a:b/c' });
    expect(parseVolumePath('a/b')).toBeUndefined();
    expect(formatVolumePath({ volume: 'data', path: 'x' })).toBe('data:x');
  });

  it('have names and parents', () => {
    expect(baseName('a/b%25')).toBe('b%');
    expect(parentPath('a/b/c')).toBe('a/b');
    expect(parentPath('a')).toBe('');
  });
});
