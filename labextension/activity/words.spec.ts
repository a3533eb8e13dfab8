import { nullTranslator } from '@jupyterlab/translation';

import type { Task } from '../rest/values';
import { problems } from './problems';
import { makeTask } from './task.fixture';
import { announcement, duration, isLoud, stateWord, subject, verbNoun } from './words';

const trans = nullTranslator.load('rok_jupyter');

describe('a task in words', () => {
  it('shows a verb that it does not know as it is', () => {
    expect(verbNoun('snapshot', trans)).toBe('Snapshot');
    expect(verbNoun('levitate', trans)).toBe('levitate');
  });

  it.each<[Partial<Task>, string]>([
    [{ status: 'running' }, 'running'],
    [{ status: 'succeeded' }, 'done'],
    [{ status: 'interrupted' }, 'interrupted']
  ])('says the state of %j as %s', (fields, words) => {
    expect(stateWord(makeTask(fields), trans)).toBe(words);
  });

  it('tells a success with errors of entries from one without', () => {
    const task = makeTask({ status: 'succeeded' });
    expect(stateWord({ ...task, report: { ...task.report, errors: 2 } }, trans)).toBe('done, with errors');
  });

  it.each<[Partial<Task>, string]>([
    [{ retry: { method: 'POST', path: 'snapshots', body: { message: 'mine' } as never } }, 'mine'],
    [
      { retry: { method: 'POST', path: 'snapshots/0123456789abcdef/restore', body: null } },
      'snapshot 01234567'
    ],
    [{ retry: { method: 'POST', path: 'volumes/my%20data/detach', body: null } }, 'my data'],
    [{ retry: null }, '']
  ])('says what %j is about: %s', (fields, words) => {
    expect(subject(makeTask(fields), trans)).toBe(words);
  });

  it('says how long it took', () => {
    const started = '2026-05-12T10:31:00Z';
    expect(duration(makeTask({ started, finished: '2026-05-12T10:31:00.3Z' }), trans)).toBe('under 1 s');
    expect(duration(makeTask({ started, finished: '2026-05-12T10:34:00Z' }), trans)).toBe('3 min');
    expect(duration(makeTask({ started: null }), trans)).toBe('');
  });

  it('announces what failed and why', () => {
    const error = { kind: 'unavailable' as const, message: 'The disk is gone.', hint: '' };
    expect(announcement(makeTask({ status: 'failed', error }), trans)).toBe(
      'Snapshot: failed. The disk is gone.'
    );
  });

  it('is silent about steps of other views', () => {
    expect(isLoud(makeTask({ verb: 'diff' }))).toBe(false);
    expect(isLoud(makeTask({ verb: 'restore' }))).toBe(true);
  });
});

describe('problems', () => {
  it('lists errors of entries wherever a result keeps them', () => {
    const result = {
      verb: 'restore',
      snapshots: [],
      restore: { errors: [{ volume: 'data', path: 'a%0Ab', message: 'is busy' }] }
    } as unknown as Task['result'];
    expect(problems(makeTask({ result }))).toEqual([{ place: 'data:a%0Ab', message: 'is busy' }]);
  });

  it('lists damages of a check', () => {
    const result = {
      damages: [{ kind: 'pack', id: 'ab', message: 'is gone', paths: [] }]
    } as unknown as Task['result'];
    expect(problems(makeTask({ result }))).toEqual([{ place: 'pack ab', message: 'is gone' }]);
  });
});
