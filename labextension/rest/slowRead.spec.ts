import { nullTranslator } from '@jupyterlab/translation';

import { RokApi } from './api';
import { Connection } from './connection';
import { RokError } from './error';

const queued = { id: 't1', verb: 'diff', status: 'queued', result: null, error: null };

/** A server that answers reads with a task, whose later states are given. */
class SlowServer extends Connection {
  constructor(private readonly _states: object[]) {
    super({} as never, nullTranslator.load('rok_jupyter'));
  }

  readonly asked: string[] = [];

  override send(method: string, path: string): Promise<Response> {
    this.asked.push(`${method} ${path}`);
    const isTask = path.startsWith('tasks/');
    const state = isTask
      ? { ...queued, ...(this._states.length > 1 ? this._states.shift() : this._states[0]) }
      : queued;
    return Promise.resolve({ status: isTask ? 200 : 202, json: () => Promise.resolve(state) } as Response);
  }
}

describe('readSlow', () => {
  it('returns the result of the task that a comparison is answered with', async () => {
    const result = { entries: [], next_cursor: null };
    const server = new SlowServer([{ status: 'running' }, { status: 'succeeded', result }]);
    expect(await new RokApi(server).diff('a', 'live')).toEqual(result);
    expect(server.asked).toEqual(['GET snapshots/a/diff', 'GET tasks/t1', 'GET tasks/t1']);
  });

  it('returns the folder that a task has made readable', async () => {
    const result = { items: [{ path: 'a.txt' }], next_cursor: null };
    const server = new SlowServer([{ status: 'succeeded', result }]);
    expect(await new RokApi(server).tree('a', { volume: 'workspace', path: '' })).toEqual(result);
  });

  it('tells why the task failed', async () => {
    const error = { kind: 'unavailable', message: 'No clone was made.', hint: 'Try again.' };
    const api = new RokApi(new SlowServer([{ status: 'failed', error }]));
    await expect(api.diff('a', 'live')).rejects.toEqual(new RokError('unavailable', 'No clone was made.'));
  });

  it('cancels a task that nobody waits for any more', async () => {
    const server = new SlowServer([{ status: 'running' }]);
    const abort = new AbortController();
    const asked = new RokApi(server).diff('a', 'live', [], { signal: abort.signal });
    setTimeout(() => abort.abort(), 200);
    await expect(asked).rejects.toThrow('Nobody waits');
    expect(server.asked.at(-1)).toBe('DELETE tasks/t1');
  });
});
