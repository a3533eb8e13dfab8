/**
 * What other extensions, and the plugins of this one, get from each other.
 */
import { Token } from '@lumino/coreutils';
import type { IDisposable, IObservableDisposable } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

import type { Fetched } from './model/fetched';
import type { SnapshotList } from './model/snapshotList';
import type { TaskList } from './model/taskList';
import type { RokApi } from './rest/api';
import type { RokEvents } from './rest/events';
import type { Status } from './rest/values';

export const IRokModel = new Token<IRokModel>(
  'rok-jupyter:IRokModel',
  'Snapshots, volumes and tasks of the server that this window is connected to.'
);

/** What all views share. */
export interface IRokModel extends IDisposable {
  readonly api: RokApi;
  readonly events: RokEvents;
  readonly status: Fetched<Status>;
  /** The list that the panel shows; make further `SnapshotList`s for others. */
  readonly snapshots: SnapshotList;
  readonly tasks: TaskList;
  /** Keep the model up to date until what is returned is disposed: call it when a view becomes visible. */
  watch(): IDisposable;
  refresh(): Promise<void>;
}

export const IRokPanel = new Token<IRokPanel>(
  'rok-jupyter:IRokPanel',
  'The side bar panel, to which features add their sections.'
);

/** The side bar panel. */
export interface IRokPanel {
  /** Add a section; sections stand in the order of their ranks. One that is disposed goes away. */
  addSection(section: IRokSection): void;
  /** Show a widget above the sections; it takes no room while it draws nothing. */
  addBanner(widget: Widget): void;
  /** Activate the panel, with this section expanded. */
  open(sectionId?: string): void;
}

/** A section of the panel. `content` is a PanelWithToolbar or any widget; its title is the section's. */
export interface IRokSection {
  readonly id: string;
  readonly rank: number;
  readonly content: Widget & Partial<IObservableDisposable>;
  /** Whether only its title is seen until the user opens it. */
  readonly isCollapsed?: boolean;
}

export const IRokDocuments = new Token<IRokDocuments>(
  'rok-jupyter:IRokDocuments',
  'The documents that are open in this window: which are unsaved, and saving them.'
);

/** The open documents of this window that lie in the workspace, by their paths in JupyterLab. */
export interface IRokDocuments {
  /** The window's name in its answers to the server. */
  readonly window: string;
  /** Those with changes that are not on the disk. */
  unsaved(): readonly string[];
  /** Save these. What would ask the user, or takes too long, counts as failed; never rejects. */
  save(paths: readonly string[]): Promise<{ readonly saved: number; readonly failed: number }>;
}

/** The commands; features call each other by these only. Arguments are what `describedBy` says. */
export const CommandIDs = {
  showPanel: 'rok:show-panel',
  takeSnapshot: 'rok:take-snapshot',
  createRepository: 'rok:create-repository',
  editSnapshot: 'rok:edit-snapshot',
  pinSnapshot: 'rok:pin-snapshot',
  deleteSnapshots: 'rok:delete-snapshots',
  undo: 'rok:undo',
  browseSnapshot: 'rok:browse-snapshot',
  openFile: 'rok:open-file',
  downloadFile: 'rok:download-file',
  copyBack: 'rok:copy-back',
  compareSnapshots: 'rok:compare-snapshots',
  showFileHistory: 'rok:show-file-history',
  restoreSnapshot: 'rok:restore-snapshot',
  resumeStep: 'rok:resume-step',
  resumeInPlace: 'rok:resume-in-place',
  cloneVolume: 'rok:clone-volume',
  attachVolume: 'rok:attach-volume',
  detachVolume: 'rok:detach-volume',
  editPolicy: 'rok:edit-policy',
  cancelTask: 'rok:cancel-task',
  retryTask: 'rok:retry-task'
} as const;
