/**
 * The notebook that the user works on, as far as its pipeline's snapshots go: its switch, and what its steps will do.
 *
 * Owns the switch in the notebook's metadata, and when the plan is asked for anew. The plan is the server's: it knows the
 * configuration's defaults. Hidden means idle: nothing is asked until somebody looks.
 */
import type { INotebookModel, INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { Fetched } from '../model/fetched';
import type { RokApi } from '../rest/api';
import type { HookPlan, IKalePlanBody } from '../rest/values';

const OURS = 'rok';
const KALE = 'kubeflow_notebook';
/** How long edits may follow each other before the plan is asked for, in milliseconds. */
const PAUSE = 300;

type Metadata = Readonly<Record<string, unknown>>;

/** Follows the current notebook. */
export class OpenNotebook implements IDisposable {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _api: RokApi
  ) {
    _tracker.currentChanged.connect(this._onCurrent, this);
    this.plan.changed.connect(() => this._changed.emit(), this);
    this._onCurrent();
  }

  /** What compiling the notebook would do. */
  readonly plan = new Fetched<HookPlan | null>(() => this._ask());

  /** The notebook, its switch or its plan changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The notebook's path in JupyterLab; undefined where none is open. */
  get path(): string | undefined {
    return this._panel?.context.path;
  }

  /** Whether the notebook can't be changed. */
  get isReadOnly(): boolean {
    return this._model?.readOnly === true || this._panel?.context.contentsModel?.writable === false;
  }

  /** Whether Kale has anything to do with it: its metadata or a step is there. */
  get isPipeline(): boolean {
    const body = this._body();
    return (
      body.metadata[KALE] !== undefined || body.cells.some(tags => tags.some(tag => tag.startsWith('step:')))
    );
  }

  /** What the notebook itself says of its snapshots; undefined where the configuration's default holds. */
  get snapshots(): boolean | undefined {
    const { snapshots } = asObject(asObject(this._model?.getMetadata(OURS)).kale);
    return typeof snapshots === 'boolean' ? snapshots : undefined;
  }

  /** Turn the snapshots of this notebook's pipeline on or off; the notebook's next save keeps it. */
  setSnapshots(isOn: boolean): void {
    const ours = asObject(this._model?.getMetadata(OURS));
    this._model?.setMetadata(OURS, { ...ours, kale: { ...asObject(ours.kale), snapshots: isOn } });
    this._changed.emit();
  }

  /** Keep the plan up to date until what is returned is disposed. */
  watch(): IDisposable {
    this._watchers += 1;
    this._refresh();
    let isDisposed = false;
    return {
      get isDisposed() {
        return isDisposed;
      },
      dispose: () => {
        if (!isDisposed) {
          isDisposed = true;
          this._watchers -= 1;
        }
      }
    };
  }

  dispose(): void {
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private get _model(): INotebookModel | null | undefined {
    return this._panel?.context.isReady ? this._panel.content.model : undefined;
  }

  private _onCurrent(): void {
    const panel = this._tracker.currentWidget;
    this._model?.contentChanged.disconnect(this._onEdit, this);
    this._model?.metadataChanged.disconnect(this._onEdit, this);
    this._panel = panel;
    this._asked = '';
    void panel?.context.ready.then(() => {
      if (this._panel === panel && !this._isDisposed) {
        this._model?.contentChanged.connect(this._onEdit, this);
        this._model?.metadataChanged.connect(this._onEdit, this);
        this._changed.emit();
        this._refresh();
      }
    });
    this.plan.set(null);
  }

  /** Somebody edited: what was typed in a cell doesn't matter here, its tags do. */
  private _onEdit(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => {
      this._changed.emit();
      this._refresh();
    }, PAUSE);
  }

  private _refresh(): void {
    if (this._watchers > 0 && this._model && JSON.stringify(this._body()) !== this._asked) {
      void this.plan.refresh();
    }
  }

  private async _ask(): Promise<HookPlan | null> {
    const body = this._body();
    const panel = this._panel;
    this._asked = JSON.stringify(body);
    const plan = this._model && this.isPipeline ? await this._api.planKale(body) : null;
    // The user may have gone to another notebook meanwhile, whose plan is asked for next.
    return panel === this._panel ? plan : null;
  }

  private _body(): IKalePlanBody {
    const cells: string[][] = [];
    const model = this._model;
    for (const cell of model?.cells ?? []) {
      if (cell.type === 'code') {
        cells.push(tagsOf(cell));
      }
    }
    const metadata: Record<string, unknown> = {};
    for (const key of [OURS, KALE]) {
      const value: unknown = model?.getMetadata(key);
      if (value !== undefined) {
        metadata[key] = value;
      }
    }
    return { metadata, cells };
  }

  private _panel: NotebookPanel | null = null;
  private _asked = '';
  private _timer = 0;
  private _watchers = 0;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}

function tagsOf(cell: { getMetadata(key: string): unknown }): string[] {
  const tags: unknown = cell.getMetadata('tags');
  return Array.isArray(tags) ? tags.map(String) : [];
}

function asObject(value: unknown): Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Metadata) : {};
}
