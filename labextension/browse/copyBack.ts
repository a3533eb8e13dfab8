/**
 * Copies of a snapshot's files next to their originals.
 */
import { Notification } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { WorkspacePaths } from '../model/workspacePaths';
import { RokError } from '../rest/error';
import { baseName, decodeName } from '../rest/names';
import type { EntryError, SkippedEntry } from '../rest/values';
import type { IRokModel } from '../tokens';
import { showError } from '../ui/errorDialog';

/** How long the new name is shown, in milliseconds. */
const SHOWN = 12_000;

/** What a copy-back made, and what it couldn't. */
interface ICopyBackResult {
  readonly copies: readonly { readonly volume: string; readonly path: string; readonly copy: string }[];
  readonly errors: readonly EntryError[];
  /** What was left out on purpose: owners, set-user bits, devices. */
  readonly skipped: readonly SkippedEntry[];
}

export interface ICopyBackContext {
  readonly model: IRokModel;
  readonly commands: CommandRegistry;
  readonly fileBrowser: IDefaultFileBrowser | null;
  readonly trans: TranslationBundle;
}

/** Copy entries ("VOLUME:PATH") back next to their originals, and tell the new names. */
export async function copyBack(
  context: ICopyBackContext,
  snapshot: string,
  paths: readonly string[]
): Promise<void> {
  const { model, fileBrowser, trans } = context;
  try {
    const task = await model.tasks.finish(model.api.copyBack(snapshot, paths));
    const { copies, errors, skipped } = task.result as unknown as ICopyBackResult;
    await fileBrowser?.model.refresh();
    if (copies.length > 0) {
      await tell(context, copies);
    }
    if (skipped.length > 0) {
      tellSkipped(skipped, trans);
    }
    if (errors.length > 0) {
      const reasons = errors.map(error => `${decodeName(error.path)}: ${error.message}`).join(' ');
      throw new RokError('incomplete', reasons);
    }
  } catch (error) {
    await showError(trans.__('Not everything was copied back'), error, trans);
  }
}

function tellSkipped(skipped: readonly SkippedEntry[], trans: TranslationBundle): void {
  const [{ path, reason }] = skipped;
  Notification.warning(
    trans._n(
      'Left out of %2: %3.',
      'Left out in %1 places, the first is %2: %3.',
      skipped.length,
      baseName(path),
      reason
    ),
    { autoClose: false }
  );
}

async function tell(context: ICopyBackContext, copies: ICopyBackResult['copies']): Promise<void> {
  const { model, commands, trans } = context;
  const [{ volume, copy }] = copies;
  const message =
    copies.length === 1
      ? trans.__('Copied back as “%1”.', baseName(copy))
      : trans._n('%1 file was copied back.', '%1 files were copied back.', copies.length);
  if (model.status.value === undefined) {
    await model.status.refresh();
  }
  const status = model.status.value;
  const path =
    status &&
    new WorkspacePaths(status, PageConfig.getOption('serverRoot')).toContents({ volume, path: copy });
  const open = {
    label: trans.__('Open'),
    callback: () => void commands.execute('docmanager:open', { path })
  };
  const actions = path !== undefined && copies.length === 1 ? [open] : [];
  Notification.success(message, { autoClose: SHOWN, actions });
}
