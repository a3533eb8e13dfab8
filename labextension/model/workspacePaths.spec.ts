import type { Volume } from '../rest/values';
import { WorkspacePaths } from './workspacePaths';

function volume(name: string, path: string, attached_at: string | null = null): Volume {
  return { name, path, attached_at } as Volume;
}

const status = {
  workspace: '/home/ann/work',
  volumes: [volume('workspace', '/home/ann/work'), volume('data', '/mnt/data', 'inputs'), volume('gone', '')]
};

describe('WorkspacePaths', () => {
  it('maps both ways where the workspace is the root', () => {
    const paths = new WorkspacePaths(status, '/home/ann/work');
    expect(paths.toVolume('a/b.ipynb')).toEqual({ volume: 'workspace', path: 'a/b.ipynb' });
    expect(paths.toVolume('')).toEqual({ volume: 'workspace', path: '' });
    expect(paths.toContents({ volume: 'workspace', path: 'a/b.ipynb' })).toBe('a/b.ipynb');
  });

  it('takes the workspace for the root where the server does not tell', () => {
    expect(new WorkspacePaths(status, '').toVolume('x')).toEqual({ volume: 'workspace', path: 'x' });
  });

  it('maps where the workspace is a directory of the root', () => {
    const paths = new WorkspacePaths(status, '/home/ann/');
    expect(paths.toVolume('work/x')).toEqual({ volume: 'workspace', path: 'x' });
    expect(paths.toVolume('other/x')).toBeUndefined();
    expect(paths.toVolume('workshop/x')).toBeUndefined();
    expect(paths.toContents({ volume: 'workspace', path: 'x' })).toBe('work/x');
  });

  it('maps where the root is a directory of the workspace', () => {
    const paths = new WorkspacePaths(status, '/home/ann/work/sub');
    expect(paths.toVolume('x')).toEqual({ volume: 'workspace', path: 'sub/x' });
    expect(paths.toContents({ volume: 'workspace', path: 'sub/x' })).toBe('x');
    expect(paths.toContents({ volume: 'workspace', path: 'x' })).toBeUndefined();
  });

  it.each([
    ['~/work', 'x', 'x'],
    ['~/work/sub', 'x', 'sub/x'],
    ['~', 'x', 'x']
  ])('takes the home out of a root that is spelled %s', (root, contentsPath, path) => {
    expect(new WorkspacePaths(status, root).toVolume(contentsPath)).toEqual({ volume: 'workspace', path });
  });

  it('finds a workspace below a root in the home', () => {
    const deep = { workspace: '/home/ann/all/work', volumes: [volume('workspace', '/home/ann/all/work')] };
    expect(new WorkspacePaths(deep, '~/all').toVolume('work/x')).toEqual({ volume: 'workspace', path: 'x' });
  });

  it('knows a data volume by the link at which it is attached', () => {
    const paths = new WorkspacePaths(status, '/home/ann/work');
    expect(paths.toVolume('inputs/t.csv')).toEqual({ volume: 'data', path: 't.csv' });
    expect(paths.toContents({ volume: 'data', path: 't.csv' })).toBe('inputs/t.csv');
    expect(paths.toContents({ volume: 'gone', path: 't' })).toBeUndefined();
  });

  it('spells names as REST does', () => {
    const paths = new WorkspacePaths(status, '/home/ann/work');
    expect(paths.toVolume('100%.txt')).toEqual({ volume: 'workspace', path: '100%25.txt' });
    expect(paths.toContents({ volume: 'workspace', path: '100%25.txt' })).toBe('100%.txt');
  });
});
