/**
 * What the server tells by itself, over Jupyter's event bus.
 *
 * Owns which events are ours and turns them into signals. Doesn't own what follows from them (model, documents).
 */
import type { Event } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';

import type { Task } from './values';

const SCHEMAS = 'https://schema.jupyter.org/rok_jupyter/';

/** The server's request to save open documents before it takes a snapshot. */
export interface ISaveRequest {
  readonly request: string;
  /** How long the server waits. */
  readonly seconds: number;
}

/** Our events of one server. */
export class RokEvents {
  constructor(private readonly _manager: Event.IManager) {
    _manager.stream.connect(this._onEvent, this);
  }

  /** A task started, went on or ended; its result is left out. */
  get taskChanged(): ISignal<this, Task> {
    return this._taskChanged;
  }

  /** Stored snapshots changed, by whomever. */
  get snapshotsChanged(): ISignal<this, string> {
    return this._snapshotsChanged;
  }

  /** Open documents are to be saved. */
  get saveRequested(): ISignal<this, ISaveRequest> {
    return this._saveRequested;
  }

  dispose(): void {
    this._manager.stream.disconnect(this._onEvent, this);
    Signal.clearData(this);
  }

  private _onEvent(_: unknown, event: Event.Emission): void {
    switch (event.schema_id) {
      case `${SCHEMAS}task/v1`:
        this._taskChanged.emit(event as unknown as Task);
        break;
      case `${SCHEMAS}snapshots/v1`:
        this._snapshotsChanged.emit(String(event.revision));
        break;
      case `${SCHEMAS}save_documents/v1`:
        this._saveRequested.emit(event as unknown as ISaveRequest);
        break;
    }
  }

  private readonly _taskChanged = new Signal<this, Task>(this);
  private readonly _snapshotsChanged = new Signal<this, string>(this);
  private readonly _saveRequested = new Signal<this, ISaveRequest>(this);
}
