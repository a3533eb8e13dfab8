import { RokError } from '../rest/error';
import { ServerInMemory } from '../testing/server';
import { aSnapshot, aStatus, aTask } from '../testing/values';
import { RokModel } from './model';

describe('RokModel', () => {
  let server: ServerInMemory;
  let model: RokModel;

  beforeEach(() => {
    jest.useFakeTimers();
    server = new ServerInMemory();
    server.snapshots = [aSnapshot()];
    model = new RokModel(server.api, server.events);
  });

  afterEach(() => {
    model.dispose();
    jest.useRealTimers();
  });

  it('asks for nothing while nobody looks, whatever happens', async () => {
    server.emit('snapshots', { revision: 'one' });
    server.emit('task', aTask());
    server.emit('task', aTask({ status: 'succeeded' }));
    await jest.advanceTimersByTimeAsync(120_000);
    expect(server.asked).toEqual([]);
  });

  it('looks once when a view comes, and is idle again when the last has gone', async () => {
    const first = model.watch();
    const second = model.watch();
    await jest.advanceTimersByTimeAsync(100);
    expect(server.asked.sort()).toEqual(['GET snapshots', 'GET status', 'GET tasks']);
    expect(model.snapshots.items).toHaveLength(1);
    first.dispose();
    second.dispose();
    server.asked.length = 0;
    await jest.advanceTimersByTimeAsync(120_000);
    expect(server.asked).toEqual([]);
  });

  it('makes one look of many changes in a row', async () => {
    model.watch();
    await jest.advanceTimersByTimeAsync(100);
    server.asked.length = 0;
    for (let revision = 0; revision < 20; revision += 1) {
      server.emit('snapshots', { revision: String(revision) });
    }
    await jest.advanceTimersByTimeAsync(2000);
    expect(server.count('GET snapshots')).toBe(1);
  });

  it('looks again by itself, in case an event was lost', async () => {
    model.watch();
    await jest.advanceTimersByTimeAsync(100);
    server.snapshots = [aSnapshot({ id: 'new' }), ...server.snapshots];
    await jest.advanceTimersByTimeAsync(31_000);
    expect(model.snapshots.items[0]!.id).toBe('new');
  });

  it('does not ask for snapshots while it knows that there is no repository', async () => {
    server.status = aStatus({ repository: { ...aStatus().repository, exists: false } });
    model.watch();
    await jest.advanceTimersByTimeAsync(100);
    server.asked.length = 0;
    await model.refresh();
    expect(server.count('GET snapshots')).toBe(0);
    server.status = aStatus();
    await model.refresh();
    expect(server.count('GET snapshots')).toBe(1);
  });

  it('goes on by itself once the server answers again', async () => {
    model.watch();
    await jest.advanceTimersByTimeAsync(100);
    server.failure = new RokError('unavailable', 'Gone.');
    await jest.advanceTimersByTimeAsync(31_000);
    expect(model.status.error?.message).toBe('Gone.');
    server.failure = undefined;
    await jest.advanceTimersByTimeAsync(4000);
    expect(model.status.error).toBeUndefined();
  });
});
