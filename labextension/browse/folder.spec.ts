import type { RokApi } from '../rest/api';
import type { Entry, Snapshot } from '../rest/values';
import { toContentsPath, parseContentsPath } from './address';
import { Folder } from './folder';

const snapshot = { id: 'a1', members: [{ volume: 'workspace' }] } as Snapshot;
const two = { id: 'b2', members: [{ volume: 'workspace' }, { volume: 'data' }] } as Snapshot;

function file(path: string, type: Entry['type'] = 'file'): Entry {
  return { path, type, size: 1, mtime_ns: 0, target: null } as Entry;
}

/** A server whose folders have these pages. */
function serverOf(...pages: Entry[][]): { api: RokApi; asked: unknown[] } {
  const asked: unknown[] = [];
  const tree = (_: string, at: unknown, { cursor }: { cursor?: string | null }): Promise<unknown> => {
    asked.push(at);
    const page = Number(cursor ?? 0);
    return Promise.resolve({
      items: pages[page],
      next_cursor: page + 1 < pages.length ? String(page + 1) : null
    });
  };
  return { api: { tree } as unknown as RokApi, asked };
}

describe('Folder', () => {
  it('shows folders first where all of it came at once', async () => {
    const folder = new Folder(serverOf([file('a.txt'), file('b', 'directory')]).api, snapshot);
    await folder.open(snapshot);
    expect(folder.lines.map(line => line.name)).toEqual(['b', 'a.txt']);
    expect(folder.hasUp).toBe(false);
  });

  it('keeps the order of pages, so that nothing jumps', async () => {
    const folder = new Folder(serverOf([file('a')], [file('b', 'directory')]).api, snapshot);
    await folder.open(snapshot);
    expect(folder.hasMore).toBe(true);
    await folder.loadMore();
    expect(folder.lines.map(line => line.name)).toEqual(['a', 'b']);
    expect(folder.hasMore).toBe(false);
  });

  it('goes up to where it came from', async () => {
    const { api, asked } = serverOf([file('x/y/z')]);
    const folder = new Folder(api, snapshot);
    await folder.open(snapshot, 'workspace', 'x/y');
    await folder.up();
    expect(asked.at(-1)).toEqual({ volume: 'workspace', path: 'x' });
    expect(folder.cameFrom).toBe('y');
  });

  it('lists the volumes of a snapshot that has several', async () => {
    const folder = new Folder(serverOf([]).api, two);
    await folder.open(two);
    expect(folder.lines.map(line => line.name)).toEqual(['workspace', 'data']);
    await folder.open(two, 'data');
    expect(folder.hasUp).toBe(true);
    await folder.up();
    expect(folder.at).toBeUndefined();
    expect(folder.cameFrom).toBe('data');
  });

  it('forgets a folder that comes once the user is above it', async () => {
    let answer: (page: unknown) => void = () => undefined;
    const tree = (): Promise<unknown> => new Promise(resolve => (answer = resolve));
    const folder = new Folder({ tree } as unknown as RokApi, two);
    const opened = folder.open(two, 'data');
    await folder.up();
    answer({ items: [file('late.txt')], next_cursor: null });
    await opened;
    expect(folder.lines.map(line => line.name)).toEqual(['workspace', 'data']);
  });

  it('loads what a filter may match', async () => {
    const folder = new Folder(serverOf([file('a')], [file('Best')], [file('best 2')]).api, snapshot);
    await folder.open(snapshot);
    await folder.setFilter('BEST');
    expect(folder.lines.map(line => line.name)).toEqual(['Best', 'best 2']);
  });
});

describe('contents paths', () => {
  it.each(['a/b.ipynb', 'odd-%FF-100%25.txt', 'a:b', 'дом/ü'])('name %j and back', path => {
    const at = { snapshot: 'a1', volume: 'my data', path };
    expect(parseContentsPath(toContentsPath(at))).toEqual(at);
  });

  it('are no others', () => {
    expect(parseContentsPath('a/b.ipynb')).toBeUndefined();
    expect(parseContentsPath('rok-snapshot:a1')).toBeUndefined();
  });
});
