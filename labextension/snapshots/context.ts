/**
 * What every part of the Snapshots section needs.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { IRokModel, IRokPanel } from '../tokens';
import type { NoticeBoard } from './noticeBoard';

export interface ISnapshotsContext {
  readonly model: IRokModel;
  readonly panel: IRokPanel;
  readonly commands: CommandRegistry;
  readonly board: NoticeBoard;
  readonly trans: TranslationBundle;
  /** Whether the user sees the section now, so that notices need no pop-up. */
  isVisible(): boolean;
}

/** The section's id, which `rok:show-panel` takes. */
export const SECTION_ID = 'rok-snapshots';
