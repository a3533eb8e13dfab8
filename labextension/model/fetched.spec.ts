import { PromiseDelegate } from '@lumino/coreutils';

import { RokError } from '../rest/error';
import { Fetched } from './fetched';

describe('Fetched', () => {
  it('coalesces: however often it is asked meanwhile, one more fetch follows', async () => {
    const answers: PromiseDelegate<number>[] = [];
    const fetched = new Fetched(() => {
      answers.push(new PromiseDelegate());
      return answers[answers.length - 1]!.promise;
    });
    const first = fetched.refresh();
    const others = [fetched.refresh(), fetched.refresh(), fetched.refresh()];
    expect(fetched.loading).toBe(true);
    expect(answers).toHaveLength(1);
    answers[0]!.resolve(1);
    await first;
    expect(answers).toHaveLength(2);
    answers[1]!.resolve(2);
    await Promise.all(others);
    expect(fetched.value).toBe(2);
    expect(fetched.loading).toBe(false);
  });

  it('keeps the last value beside an error, and drops the error once it works again', async () => {
    const results: (() => number)[] = [
      () => 1,
      () => {
        throw new RokError('unavailable', 'Gone.');
      },
      () => 3
    ];
    const fetched = new Fetched(async () => results.shift()!());
    await fetched.refresh();
    await fetched.refresh();
    expect([fetched.value, fetched.error?.message]).toEqual([1, 'Gone.']);
    await fetched.refresh();
    expect([fetched.value, fetched.error]).toEqual([3, undefined]);
  });
});
