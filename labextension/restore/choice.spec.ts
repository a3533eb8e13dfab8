import type { Snapshot } from '../rest/values';
import { concerns, EVERYTHING, folderProblem, proposedFolder, toBody, wholeVolume, withPath } from './choice';

const snapshot = {
  id: '0a1b2c3d4e5f',
  created: '2026-11-22T10:31:00Z',
  members: [{ volume: 'workspace' }, { volume: 'data' }]
} as unknown as Snapshot;

describe('toBody', () => {
  it('asks for everything in place by default', () => {
    expect(toBody(EVERYTHING, '/home/ann')).toMatchObject({ paths: [], directory: null, delete: false });
  });

  it('puts a folder below the workspace, spelled as REST does', () => {
    const choice = { ...EVERYTHING, folder: ' 100%/new ', delete: true };
    expect(toBody(choice, '/home/ann/')).toMatchObject({ directory: '/home/ann/100%25/new', delete: false });
  });
});

describe('folderProblem', () => {
  it.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['.', 'empty'],
    ['/tmp', 'outside'],
    ['/', 'outside'],
    ['..', 'outside'],
    ['a/../../b', 'outside'],
    ['a/b', undefined],
    [proposedFolder(snapshot), undefined]
  ])('says of %j: %s', (folder, problem) => {
    expect(folderProblem(folder)).toBe(problem);
  });
});

describe('concerns', () => {
  const at = { volume: 'workspace', path: 'walk/a.txt' };

  it.each([
    [[], true],
    [['workspace:'], true],
    [['workspace:walk'], true],
    [['workspace:walk/a.txt'], true],
    [['workspace:wal'], false],
    [['data:'], false]
  ])('of %j is %s', (paths, means) => {
    expect(concerns({ ...EVERYTHING, paths }, snapshot, at)).toBe(means);
  });

  it('is never of a new folder, nor of a volume that the snapshot lacks', () => {
    expect(concerns({ ...EVERYTHING, folder: 'new' }, snapshot, at)).toBe(false);
    expect(concerns(EVERYTHING, snapshot, { volume: 'other', path: 'a' })).toBe(false);
  });
});

describe('withPath', () => {
  it('keeps the outermost paths only', () => {
    expect(withPath(['w:a/b', 'w:ab'], 'w:a')).toEqual(['w:ab', 'w:a']);
    expect(withPath(['w:a'], 'w:a/b')).toEqual(['w:a']);
    expect(withPath(['w:a', 'w:b'], 'w:')).toEqual(['w:']);
  });
});

describe('wholeVolume', () => {
  it.each([
    [['data:'], 'data'],
    [['data:x'], undefined],
    [['data:', 'workspace:'], undefined],
    [[], undefined]
  ])('of %j is %s', (paths, name) => {
    expect(wholeVolume({ ...EVERYTHING, paths })).toBe(name);
  });
});
