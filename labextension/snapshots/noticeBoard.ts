/**
 * What the section has to tell besides the list: what is being begun, what failed, what can be undone.
 *
 * Owns the notices of this window. Doesn't own how they look, nor the tasks themselves (model).
 */
import { type ISignal, Signal } from '@lumino/signaling';

import type { RokError } from '../rest/error';
import type { Snapshot } from '../rest/values';

/** Something that failed, and how to try it again. */
export interface IFailure {
  readonly error: RokError;
  readonly retry?: () => void;
}

/** The notices of the Snapshots section. Setters compare, then emit. */
export class NoticeBoard {
  /** What is being prepared, in words, before the server has a task for it; "" for nothing. */
  get pending(): string {
    return this._pending;
  }

  set pending(words: string) {
    if (words !== this._pending) {
      this._pending = words;
      this._changed.emit();
    }
  }

  /** The last thing that failed, until it is dismissed or done. */
  get failure(): IFailure | undefined {
    return this._failure;
  }

  set failure(failure: IFailure | undefined) {
    if (failure !== this._failure) {
      this._failure = failure;
      this._changed.emit();
    }
  }

  /** A snapshot of this window that was taken, but not without problems. */
  get flawed(): Snapshot | undefined {
    return this._flawed;
  }

  set flawed(snapshot: Snapshot | undefined) {
    if (snapshot !== this._flawed) {
      this._flawed = snapshot;
      this._changed.emit();
    }
  }

  /** Ids that the last delete of this window removed; an undo brings them back. */
  get deleted(): readonly string[] {
    return this._deleted;
  }

  set deleted(ids: readonly string[]) {
    if (ids !== this._deleted) {
      this._deleted = ids;
      this._changed.emit();
    }
  }

  /** What happened last, for screen readers. */
  get announcement(): string {
    return this._announcement;
  }

  set announcement(words: string) {
    if (words !== this._announcement) {
      this._announcement = words;
      this._changed.emit();
    }
  }

  /** Anything above changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  private _pending = '';
  private _failure: IFailure | undefined;
  private _flawed: Snapshot | undefined;
  private _deleted: readonly string[] = [];
  private _announcement = '';
  private readonly _changed = new Signal<this, void>(this);
}
