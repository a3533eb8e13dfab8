/**
 * A server for unit tests of the model: the real RokApi above a Connection that answers from memory and keeps what it was asked.
 */
import type { Event } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { RokApi } from '../rest/api';
import { Connection, type IRequest } from '../rest/connection';
import { RokError } from '../rest/error';
import { RokEvents } from '../rest/events';
import type { Snapshot, Status, Task } from '../rest/values';
import { aStatus } from './values';

/** Answers like the server extension, from what its fields say. */
export class ServerInMemory extends Connection {
  constructor() {
    super({} as never, nullTranslator.load('rok_jupyter'));
  }

  readonly api = new RokApi(this);
  readonly asked: string[] = [];
  readonly stream = new Signal<this, Event.Emission>(this);
  readonly events = new RokEvents({ stream: this.stream } as unknown as Event.IManager);
  status: Status = aStatus();
  snapshots: readonly Snapshot[] = [];
  tasks: readonly Task[] = [];
  /** Thrown by every request, where it is set. */
  failure: RokError | undefined;

  /** Emit an event as the server does. */
  emit(name: 'task' | 'snapshots', data: object): void {
    this.stream.emit({ schema_id: `https://schema.jupyter.org/rok_jupyter/${name}/v1`, ...data } as never);
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.asked.filter(each => each === path).length;
  }

  override async json<T>(method: string, path: string, request: IRequest = {}): Promise<T> {
    this.asked.push(`${method} ${path}`);
    await Promise.resolve();
    if (this.failure) {
      throw this.failure;
    }
    return this._answer(path, request) as T;
  }

  private _answer(path: string, request: IRequest): unknown {
    const [name, id] = path.split('/');
    switch (name) {
      case 'status':
        return this.status;
      case 'snapshots':
        return this._page(request);
      default:
        return id === undefined
          ? { items: this.tasks, next_cursor: null }
          : this._found(this.tasks.find(task => task.id === id));
    }
  }

  private _page({ query = {} }: IRequest): unknown {
    const start = Number(query.cursor ?? 0);
    const end = start + Number(query.limit);
    const matching = this.snapshots.filter(each => each.message.includes(String(query.search ?? '')));
    return { items: matching.slice(start, end), next_cursor: end < matching.length ? String(end) : null };
  }

  private _found<T>(value: T | undefined): T {
    if (value === undefined) {
      throw new RokError('not_found', 'There is no such task.');
    }
    return value;
  }
}
