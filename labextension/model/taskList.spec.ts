import { ServerInMemory } from '../testing/server';
import { aSnapshot, aTask } from '../testing/values';
import { TaskList } from './taskList';

describe('TaskList', () => {
  let server: ServerInMemory;
  let tasks: TaskList;

  beforeEach(() => {
    jest.useFakeTimers();
    server = new ServerInMemory();
    tasks = new TaskList(server.api, server.events);
  });

  afterEach(() => {
    tasks.dispose();
    jest.useRealTimers();
  });

  it('learns of tasks by events, without a request', () => {
    server.emit('task', aTask());
    server.emit('task', aTask({ report: { ...aTask().report, bytes_done: 7 } }));
    expect(tasks.running.map(task => task.report.bytes_done)).toEqual([7]);
    const ended: string[] = [];
    tasks.ended.connect((_, task) => ended.push(task.status));
    server.emit('task', aTask({ status: 'succeeded' }));
    server.emit('task', aTask());
    expect([tasks.running.length, ended, server.asked]).toEqual([0, ['succeeded'], []]);
  });

  it('returns the result of a task that ends, and shows its progress', async () => {
    const progress: number[] = [];
    const end = tasks.finish(aTask(), task => progress.push(task.report.files_done));
    await Promise.resolve();
    server.emit('task', aTask({ report: { ...aTask().report, files_done: 3 } }));
    const result = aSnapshot();
    server.tasks = [aTask({ status: 'succeeded', result })];
    server.emit('task', aTask({ status: 'succeeded', result: null }));
    await expect(end).resolves.toMatchObject({ status: 'succeeded', result });
    expect(progress).toContain(3);
  });

  it('throws the error of a task that fails', async () => {
    const error = { kind: 'resource_exhausted' as const, message: 'The disk is full.', hint: 'Make room.' };
    const end = tasks.finish(Promise.resolve(aTask()));
    const caught = expect(end).rejects.toMatchObject({ message: 'The disk is full.', hint: 'Make room.' });
    await Promise.resolve();
    server.emit('task', aTask({ status: 'failed', error }));
    await caught;
  });

  it('asks for a running task that is silent, until it has ended', async () => {
    server.emit('task', aTask());
    server.tasks = [aTask({ status: 'succeeded' })];
    await jest.advanceTimersByTimeAsync(5000);
    expect(tasks.get('task')?.status).toBe('succeeded');
    server.asked.length = 0;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(server.asked).toEqual([]);
  });

  it('sees a task that the server has forgotten as interrupted', async () => {
    server.emit('task', aTask());
    await jest.advanceTimersByTimeAsync(5000);
    expect(tasks.get('task')?.status).toBe('interrupted');
  });
});
