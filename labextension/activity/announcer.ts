/**
 * Says to screen readers when a task starts and how it ended, whether or not the panel is open.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { TaskList } from '../model/taskList';
import { hasEnded, type Task } from '../rest/values';
import { announcement, isLoud } from './words';

/** A live region that nobody sees. */
export class Announcer extends Widget {
  constructor(
    private readonly _tasks: TaskList,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-RokAnnouncer');
    this.node.setAttribute('role', 'status');
    this.node.setAttribute('aria-live', 'polite');
    _tasks.changed.connect(this._onChange, this);
    _tasks.ended.connect(this._onEnd, this);
  }

  private _onChange(): void {
    const begun = this._tasks.running.filter(task => isLoud(task) && !this._running.has(task.id));
    begun.forEach(task => this._say(task));
    this._running = new Set(this._tasks.running.map(task => task.id));
  }

  private _onEnd(_: TaskList, task: Task): void {
    if (hasEnded(task) && (isLoud(task) || task.status === 'failed')) {
      this._say(task);
    }
  }

  private _say(task: Task): void {
    this.node.textContent = announcement(task, this._trans);
  }

  private _running: ReadonlySet<string> = new Set();
}
