import type { RestorePlan, Task } from '../rest/values';
import { Touched } from './touched';

const notebook = { volume: 'workspace', path: 'a/report.ipynb' };

function restored(body: object | null, counts: object = { modified: 1 }): Task {
  const result = { created: 0, modified: 0, deleted: 0, targets: { workspace: '/home/ann' }, ...counts };
  return { id: 't', verb: 'restore', result, retry: body && { body } } as unknown as Task;
}

describe('Touched', () => {
  it('knows by the plan of this window', () => {
    const touched = new Touched();
    const task = restored({ paths: [], directory: null });
    const changes = [{ volume: 'workspace', path: 'b/data.csv', change: 'modified' }];
    touched.remember(task, { changes } as RestorePlan);
    expect(touched.isAround(task, notebook)).toBe(false);
    expect(touched.isAround(task, { volume: 'workspace', path: 'b/other.ipynb' })).toBe(true);
    expect(touched.isAround(task, { volume: 'workspace', path: 'top.ipynb' })).toBe(true);
  });

  it('else knows by what was asked for', () => {
    const isAround = (body: object | null): boolean => new Touched().isAround(restored(body), notebook);
    expect(isAround({ paths: ['workspace:a/data.csv'] })).toBe(true);
    expect(isAround({ paths: ['workspace:'] })).toBe(true);
    expect(isAround({ paths: ['workspace:b', 'data:a'] })).toBe(false);
    expect(isAround({ paths: [], directory: '/home/ann/new' })).toBe(false);
    expect(isAround({ paths: [] })).toBe(true);
    expect(isAround(null)).toBe(true);
  });

  it('is around nothing where nothing changed', () => {
    const touched = new Touched();
    expect(touched.isAround(restored(null, { modified: 0 }), notebook)).toBe(false);
    expect(touched.isAround({ ...restored(null), result: null }, notebook)).toBe(false);
  });
});
