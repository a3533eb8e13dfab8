/**
 * State that is fetched: what is known, whether more is on its way, and why it failed.
 */
import { type ISignal, Signal } from '@lumino/signaling';

import { asRokError, type RokError } from '../rest/error';

/** A value of the server. `refresh` coalesces: however often it is called, one request runs and at most one follows. */
export class Fetched<T> {
  constructor(private readonly _fetch: () => Promise<T>) {}

  /** The last value, undefined before the first. */
  get value(): T | undefined {
    return this._value;
  }

  /** Why the last refresh failed, undefined where it didn't. */
  get error(): RokError | undefined {
    return this._error;
  }

  get loading(): boolean {
    return this._running !== undefined;
  }

  /** The value, the error or `loading` changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Fetch anew; resolves once a fetch that began after this call has ended, and never rejects. */
  refresh(): Promise<void> {
    if (this._running === undefined) {
      this._running = this._run();
      this._changed.emit();
      return this._running;
    }
    this._next ??= this._running.then(() => {
      this._next = undefined;
      return this.refresh();
    });
    return this._next;
  }

  /** Put a value that came another way. */
  set(value: T): void {
    this._value = value;
    this._error = undefined;
    this._changed.emit();
  }

  private async _run(): Promise<void> {
    try {
      this._value = await this._fetch();
      this._error = undefined;
    } catch (error) {
      this._error = asRokError(error);
    }
    this._running = undefined;
    this._changed.emit();
  }

  private _value: T | undefined;
  private _error: RokError | undefined;
  private _running: Promise<void> | undefined;
  private _next: Promise<void> | undefined;
  private readonly _changed = new Signal<this, void>(this);
}
