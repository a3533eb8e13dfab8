import { nullTranslator } from '@jupyterlab/translation';

import { RokModel } from '../model/model';
import { ServerInMemory } from '../testing/server';
import { aSnapshot, aStatus, aTask } from '../testing/values';
import { Health, problemOf } from './health';
import { statusWords } from './statusItem';

const trans = nullTranslator.load('rok_jupyter');
const NOON = Date.parse('2026-05-12T12:00:00Z');
const FAILED = aTask({
  status: 'failed',
  finished: '2026-05-12T12:00:00Z',
  error: { kind: 'resource_exhausted', message: 'The disk is full.', hint: '' }
});

describe('Health', () => {
  let server: ServerInMemory;
  let model: RokModel;
  let health: Health;

  beforeEach(() => {
    jest.useFakeTimers({ now: NOON });
    server = new ServerInMemory();
    server.status = aStatus({ last_snapshot: aSnapshot({ created: '2026-05-12T09:00:00Z' }) });
    model = new RokModel(server.api, server.events);
    health = new Health(model);
  });

  afterEach(() => {
    health.dispose();
    model.dispose();
    jest.useRealTimers();
  });

  it('asks once, and then nothing while nothing happens', async () => {
    health.start();
    await jest.advanceTimersByTimeAsync(300_000);
    expect(server.asked).toEqual(['GET status']);
    expect(statusWords(health, NOON, trans).text).toBe('Snapshot 3 h ago');
  });

  it('knows of a snapshot of this server by events alone', async () => {
    server.emit('task', aTask());
    expect(statusWords(health, NOON, trans)).toMatchObject({ kind: 'running', text: 'Snapshot …' });
    server.emit('snapshots', { revision: 'one' });
    server.emit('task', aTask({ status: 'succeeded', finished: '2026-05-12T12:00:00Z' }));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(server.asked).toEqual([]);
    expect(statusWords(health, Date.now(), trans).text).toBe('Snapshot just now');
  });

  it('takes one snapshot for the reason of one change only', async () => {
    server.emit('task', aTask({ status: 'succeeded', finished: '2026-05-12T12:00:00Z' }));
    server.emit('snapshots', { revision: 'one' });
    expect(server.asked).toEqual([]);
    server.emit('snapshots', { revision: 'two' });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(server.asked).toEqual(['GET status']);
  });

  it('asks where stored snapshots changed and it does not know why', async () => {
    server.emit('snapshots', { revision: 'one' });
    server.emit('snapshots', { revision: 'two' });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(server.asked).toEqual(['GET status']);
    expect(health.lastSnapshot).toBe('2026-05-12T09:00:00Z');
  });

  it('warns where the last snapshot failed, until one succeeds', async () => {
    server.emit('task', FAILED);
    expect(statusWords(health, NOON, trans)).toMatchObject({ kind: 'warning', text: 'Snapshots fail' });
    const later = { created: '2026-05-12T12:01:00Z', finished: '2026-05-12T12:01:00Z' };
    server.emit('task', aTask({ id: 'later', status: 'succeeded', ...later }));
    expect(health.problem).toBe('');
  });
});

describe('problemOf', () => {
  it('is the schedule’s error, or the last failure that no snapshot followed', () => {
    expect(problemOf(aStatus({ schedule_error: 'No room.' }), [], undefined)).toBe('No room.');
    expect(problemOf(aStatus(), [FAILED], undefined)).toBe('The disk is full.');
    expect(problemOf(aStatus(), [FAILED], '2026-05-12T12:30:00Z')).toBe('');
    expect(problemOf(aStatus(), [aTask({ status: 'cancelled' })], undefined)).toBe('');
    expect(problemOf(aStatus(), [aTask({ ...FAILED, verb: 'restore' })], undefined)).toBe('');
  });
});
