/**
 * This window's answers to the server's request to save.
 *
 *     request -> {pending: n} at once -> all saved, or given up -> {saved, failed}
 */
import { UUID } from '@lumino/coreutils';

import type { RokApi } from '../rest/api';
import type { ISaveRequest, RokEvents } from '../rest/events';
import type { ISaved, Saving } from './saving';

/** How much earlier than the server stops waiting an answer is sent, in seconds. */
const SPARE = 0.3;

/** Answers for one window, under a name that tells windows apart. */
export class SaveAnswers {
  constructor(
    private readonly _api: RokApi,
    private readonly _events: RokEvents,
    private readonly _saving: Saving
  ) {
    _events.saveRequested.connect(this._onRequest, this);
  }

  readonly window = UUID.uuid4();

  dispose(): void {
    this._events.saveRequested.disconnect(this._onRequest, this);
  }

  private _onRequest(_: unknown, asked: ISaveRequest): void {
    const unsaved = this._saving.unsaved;
    if (unsaved.length === 0) {
      void this._answer(asked.request, 0, { saved: 0, failed: 0 });
      return;
    }
    // The first answer goes out before the first request of the saving does.
    const announced = this._answer(asked.request, unsaved.length, { saved: 0, failed: 0 });
    const saving = this._saving.save(unsaved, Math.max(0.1, asked.seconds - SPARE));
    void Promise.all([saving, announced]).then(([saved]) => this._answer(asked.request, 0, saved));
  }

  private async _answer(request: string, pending: number, saved: ISaved): Promise<void> {
    try {
      await this._api.documentsSaved({ request, window: this.window, pending, ...saved });
    } catch {
      // Nobody waits any more, or nobody is there: the snapshot says how many documents it had to do without.
    }
  }
}
