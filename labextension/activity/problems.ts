/**
 * What went wrong inside a task that went on: the errors that its result lists.
 */
import type { Task } from '../rest/values';
import { entryPlace } from './words';

/** One entry that a task could not do as asked, and why. */
export interface IProblem {
  readonly place: string;
  readonly message: string;
}

interface IListedError {
  readonly volume?: string;
  readonly path?: string;
  readonly snapshot?: string;
  readonly message: string;
}

interface IDamage {
  readonly kind: string;
  readonly id: string;
  readonly message: string;
}

interface IResult {
  readonly errors?: readonly IListedError[];
  readonly changed_while_read?: readonly IListedError[];
  readonly damages?: readonly IDamage[];
  readonly restore?: IResult | null;
}

/** Return the errors that a task's result lists; results of every verb keep them in the same places. */
export function problems(task: Task): readonly IProblem[] {
  return task.result === null ? [] : ofResult(task.result as IResult);
}

function ofResult(result: IResult): readonly IProblem[] {
  const listed = [...(result.errors ?? []), ...(result.changed_while_read ?? [])].map(error => ({
    place: error.path === undefined ? (error.snapshot ?? '') : entryPlace(error.volume ?? '', error.path),
    message: error.message
  }));
  const damages = (result.damages ?? []).map(({ kind, id, message }) => ({
    place: [kind, id].filter(part => part).join(' '),
    message
  }));
  return [...listed, ...damages, ...(result.restore ? ofResult(result.restore) : [])];
}
