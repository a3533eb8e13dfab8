/**
 * What restores and undos touched, as far as this window knows: by the plan where it was made here, else by what was asked for.
 */
import { formatVolumePath, type IVolumePath, parentPath } from '../rest/names';
import type { RestorePlan, Task } from '../rest/values';
import { covers } from './choice';
import { filesOf } from './history';
import { ChangedPlaces } from './places';

/** Plans of this window's restores and undos, by their tasks. */
export class Touched {
  /** Remember what a task was planned to change. */
  remember(task: Task, plan: RestorePlan | null): void {
    if (plan) {
      this._plans.set(task.id, new ChangedPlaces(plan));
    }
  }

  /** Whether a task may have changed something in a file's folder, or below it. */
  isAround(task: Task, at: IVolumePath): boolean {
    const done = filesOf(task);
    if (done === undefined || done.created + done.modified + done.deleted === 0) {
      return false;
    }
    const planned = this._plans.get(task.id);
    return planned ? planned.isAround(at) : isAsked(task, Object.keys(done.targets), at);
  }

  private readonly _plans = new Map<string, ChangedPlaces>();
}

/** Whether what a task was asked for overlaps with a file's folder; of another process's task only its volumes are known. */
function isAsked(task: Task, volumes: readonly string[], at: IVolumePath): boolean {
  const asked = (task.verb === 'restore' ? task.retry?.body : undefined) as IAsked | null | undefined;
  if (asked?.directory) {
    return false; // a new folder is nobody's yet
  }
  const folder = formatVolumePath({ ...at, path: parentPath(at.path) });
  const paths = asked?.paths ?? [];
  return paths.length > 0
    ? paths.some(path => covers(path, folder) || covers(folder, path))
    : volumes.includes(at.volume);
}

interface IAsked {
  readonly paths?: readonly string[];
  readonly directory?: string | null;
}
