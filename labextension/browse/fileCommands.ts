/**
 * Commands for one file of a snapshot: open it, download it, copy it back.
 */
import type { IDocumentManager } from '@jupyterlab/docmanager';
import { downloadIcon, fileIcon, copyIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { baseName } from '../rest/names';
import { CommandIDs } from '../tokens';
import { showError } from '../ui/errorDialog';
import { type IStoredPath, toContentsPath } from './address';
import { copyBack, type ICopyBackContext } from './copyBack';

const SNAPSHOT = { type: 'string', description: 'The id of a snapshot' };
const FILE = {
  type: 'object',
  properties: {
    snapshot: SNAPSHOT,
    volume: { type: 'string', description: 'A volume of the snapshot' },
    path: { type: 'string', description: 'A file of the volume' }
  },
  required: ['snapshot', 'volume', 'path']
} as const;

/** Add the commands. */
export function addFileCommands(
  commands: CommandRegistry,
  documents: IDocumentManager,
  context: ICopyBackContext
): void {
  const { model, trans } = context;
  commands.addCommand(CommandIDs.openFile, {
    label: trans.__('Open'),
    caption: trans.__('Open the file as it was, read-only'),
    icon: fileIcon,
    describedBy: { args: FILE },
    isEnabled: hasFile,
    execute: args => {
      const at = fileOf(args);
      const preference = { shouldStart: false, canStart: false };
      return documents.openOrReveal(toContentsPath(at), 'default', undefined, undefined, preference);
    }
  });
  commands.addCommand(CommandIDs.downloadFile, {
    label: trans.__('Download'),
    caption: trans.__('Download the file as it was'),
    icon: downloadIcon,
    describedBy: { args: FILE },
    isEnabled: hasFile,
    execute: async args => {
      const at = fileOf(args);
      try {
        await model.api.contentSize(at.snapshot, at);
        download(model.api.downloadAddress(at.snapshot, at), baseName(at.path));
      } catch (error) {
        await showError(trans.__('Not downloaded'), error, trans);
      }
    }
  });
  commands.addCommand(CommandIDs.copyBack, {
    label: trans.__('Copy Back Next to the Original'),
    caption: trans.__('Put a copy next to the original, under a new name'),
    icon: copyIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          snapshot: SNAPSHOT,
          paths: { type: 'array', items: { type: 'string' }, description: 'Entries, each as VOLUME:PATH' }
        },
        required: ['snapshot', 'paths']
      }
    },
    isEnabled: args => typeof args.snapshot === 'string' && Array.isArray(args.paths),
    execute: args => copyBack(context, String(args.snapshot), args.paths as string[])
  });
}

function hasFile(args: ReadonlyPartialJSONObject): boolean {
  return [args.snapshot, args.volume, args.path].every(value => typeof value === 'string');
}

function fileOf(args: ReadonlyPartialJSONObject): IStoredPath {
  return { snapshot: String(args.snapshot), volume: String(args.volume), path: String(args.path) };
}

/** Have the browser fetch an attachment. */
function download(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
