import { RokError } from '../rest/error';
import type { Task } from '../rest/values';
import type { IRokModel } from '../tokens';
import { type IChange, Preview } from './preview';

/** A server whose tasks end when the test says so. */
class Server {
  readonly cancelled: string[] = [];
  readonly pending = new Map<string, { resolve(task: Task): void; reject(error: RokError): void }>();

  readonly model = {
    tasks: {
      finish: async (started: Promise<Task>, onProgress: (task: Task) => void): Promise<Task> => {
        const task = await started;
        onProgress(task);
        return new Promise((resolve, reject) => this.pending.set(task.id, { resolve, reject }));
      },
      cancel: async (id: string): Promise<void> => {
        this.cancelled.push(id);
      }
    }
  } as unknown as IRokModel;

  change(name: string): IChange<string> {
    return {
      plan: async () => this._task(`${name} plan`),
      make: async (plan, again) => this._task(`make ${plan}${again ? ' again' : ''}`)
    };
  }

  async end(id: string, result: unknown): Promise<void> {
    await settled();
    this.pending.get(id)!.resolve({ ...this._task(id), status: 'succeeded', result } as Task);
    await settled();
  }

  async fail(id: string, kind: string): Promise<void> {
    await settled();
    this.pending.get(id)!.reject(new RokError(kind, 'It went wrong.'));
    await settled();
  }

  private _task(id: string): Task {
    return { id, status: 'running', verb: 'restore-plan', report: {} } as Task;
  }
}

function settled(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1));
}

/** A preview whose plan is there. */
async function planned(): Promise<{ server: Server; preview: Preview<string> }> {
  const server = new Server();
  const preview = new Preview(server.model, server.change('a'));
  await server.end('a plan', 'P');
  return { server, preview };
}

describe('Preview', () => {
  it('plans, makes, and is done', async () => {
    const server = new Server();
    const preview = new Preview(server.model, server.change('a'));
    expect(preview.phase).toBe('planning');
    await server.end('a plan', 'P');
    expect([preview.phase, preview.plan]).toEqual(['planned', 'P']);
    void preview.make();
    await server.end('make P', null);
    expect(preview.phase).toBe('done');
  });

  it('plans anew where the files have changed, and says so', async () => {
    const { server, preview } = await planned();
    void preview.make();
    await server.fail('make P', 'aborted');
    expect(preview.phase).toBe('planning');
    await server.end('a plan', 'Q');
    expect([preview.plan, preview.outdated?.message]).toEqual(['Q', 'It went wrong.']);
    void preview.make();
    await server.end('make Q again', null);
    expect(preview.phase).toBe('done');
  });

  it('forgets a plan of an earlier choice, and cancels it', async () => {
    const server = new Server();
    const preview = new Preview(server.model, server.change('a'));
    await settled();
    preview.choose(server.change('b'));
    expect(server.cancelled).toEqual(['a plan']);
    await server.end('b plan', 'B');
    await server.end('a plan', 'A');
    expect([preview.phase, preview.plan]).toEqual(['planned', 'B']);
  });

  it('says why it failed', async () => {
    const server = new Server();
    const preview = new Preview(server.model, server.change('a'));
    await server.fail('a plan', 'not_found');
    expect([preview.phase, preview.plan, preview.error?.kind]).toEqual(['failed', undefined, 'not_found']);
  });

  it('cancels a change that was begun but not answered yet', async () => {
    const { server, preview } = await planned();
    void preview.make();
    void preview.cancel();
    expect(server.cancelled).toEqual([]);
    expect(preview.isCancelled).toBe(true);
    await settled();
    expect(server.cancelled).toEqual(['make P']);
  });

  it('plans nothing anew once it is closed', async () => {
    const { server, preview } = await planned();
    void preview.make();
    await settled();
    server.pending.delete('a plan'); // which has ended
    preview.dispose();
    await server.fail('make P', 'aborted');
    expect([...server.pending.keys()]).toEqual(['make P']);
  });

  it('never cancels a change when it is closed', async () => {
    const { server, preview } = await planned();
    void preview.make();
    await settled();
    preview.dispose();
    expect(server.cancelled).toEqual([]);
  });
});
