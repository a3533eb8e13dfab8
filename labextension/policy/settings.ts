/**
 * The user's switches of automatic snapshots, which JupyterLab's settings keep.
 *
 * Owns that the switch of the schedule and the server's policy say the same: the server's policy is the truth, the switch follows
 * it, and whoever turns the switch changes the policy.
 */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';

import { asRokError, type RokError } from '../rest/error';
import type { Status } from '../rest/values';
import type { IRokModel } from '../tokens';

const BEFORE_RUN_ALL = 'snapshotBeforeRunAll';
const SCHEDULE = 'scheduledSnapshots';
/** Every so many minutes where the switch is turned on and the policy never had a schedule. */
const DEFAULT_MINUTES = 30;

/** The switches. */
export interface IAutomaticSettings {
  /** Whether a snapshot is taken before Restart Kernel and Run All Cells. */
  readonly beforeRunAll: boolean;
  setBeforeRunAll(isOn: boolean): Promise<void>;
}

/** The switches, kept in `rok-jupyter:plugin`. */
export class AutomaticSettings implements IAutomaticSettings {
  constructor(
    private readonly _settings: ISettingRegistry.ISettings,
    private readonly _model: IRokModel,
    private readonly _onError: (error: RokError) => void
  ) {
    this._wanted = this._isScheduled;
    _settings.changed.connect(this._onSettings, this);
    _model.status.changed.connect(this._onStatus, this);
    this._onStatus();
  }

  get beforeRunAll(): boolean {
    return this._settings.composite[BEFORE_RUN_ALL] === true;
  }

  async setBeforeRunAll(isOn: boolean): Promise<void> {
    if (isOn !== this.beforeRunAll) {
      await this._settings.set(BEFORE_RUN_ALL, isOn);
    }
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private get _isScheduled(): boolean {
    return this._settings.composite[SCHEDULE] === true;
  }

  /** The switch follows the policy. */
  private _onStatus(): void {
    const status: Status | undefined = this._model.status.value;
    if (status === undefined || this._isSaving) {
      return;
    }
    this._minutes = status.policy.schedule.every_minutes || this._minutes;
    const isOn = status.policy.schedule.every_minutes > 0;
    if (isOn !== this._isScheduled) {
      this._wanted = isOn;
      void this._settings.set(SCHEDULE, isOn).catch(error => this._onError(asRokError(error)));
    }
  }

  /** The policy follows who turns the switch. */
  private _onSettings(): void {
    if (this._isScheduled !== this._wanted && !this._isSaving) {
      this._wanted = this._isScheduled;
      void this._save(this._wanted);
    }
  }

  private async _save(isOn: boolean): Promise<void> {
    this._isSaving = true;
    try {
      const policy = await this._model.api.policy();
      const every_minutes = isOn ? policy.schedule.every_minutes || this._minutes : 0;
      await this._model.api.setPolicy({ ...policy, schedule: { ...policy.schedule, every_minutes } });
    } catch (error) {
      this._onError(asRokError(error));
    }
    await this._model.status.refresh();
    this._isSaving = false;
    this._onStatus();
  }

  private _wanted: boolean;
  private _isSaving = false;
  private _minutes = DEFAULT_MINUTES;
}
