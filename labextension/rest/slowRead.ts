/**
 * Reads that the server may answer with a task, because it has to make a snapshot readable first.
 *
 * Owns waiting for such a task, and cancelling one that nobody waits for any more. Doesn't own which routes there are (`api`).
 */
import type { Connection, IRequest } from './connection';
import { RokError } from './error';
import { hasEnded, type Task } from './values';

/** How long between two looks at the task, in milliseconds: the first, and the longest. */
const FIRST_PAUSE = 150;
const LONGEST_PAUSE = 2000;

/** Get a value, at once or as the result of the task that the server answers instead; throws RokError. */
export async function readSlow<T>(connection: Connection, path: string, request: IRequest): Promise<T> {
  const answer = await connection.send('GET', path, request);
  const value = await answer.json();
  return answer.status === 202 ? resultOf<T>(connection, value as Task, request.signal) : (value as T);
}

async function resultOf<T>(connection: Connection, started: Task, signal?: AbortSignal): Promise<T> {
  let task = started;
  for (let pause = FIRST_PAUSE; !hasEnded(task); pause = Math.min(LONGEST_PAUSE, pause * 1.5)) {
    await sleep(pause, signal);
    if (signal?.aborted) {
      void connection.json('DELETE', `tasks/${task.id}`).catch(() => undefined);
      throw new DOMException('Nobody waits for it any more.', 'AbortError');
    }
    task = await connection.json<Task>('GET', `tasks/${task.id}`);
  }
  if (task.status !== 'succeeded') {
    const { error } = task;
    throw error
      ? new RokError(error.kind, error.message, error.hint)
      : new RokError(task.status, `${task.verb}: ${task.status}`);
  }
  return task.result as T;
}

/** Sleep, but no longer than until the signal. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
