/**
 * The documents that are open in this window.
 *
 * Owns which of them lie in the workspace and which are unsaved. Doesn't own saving (`saving`) nor what a restore means to
 * them (`refreshing`).
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import type { Widget } from '@lumino/widgets';

export type Context = DocumentRegistry.Context;

/** Where documents can be in JupyterLab and in Notebook 7. */
const AREAS = ['main', 'left', 'right', 'down'] as const;
/** Drives that show the server's files: its own, and the one of real time collaboration. */
const DRIVES = ['', 'RTC'];

/** Documents of the workspace, each once however many views show it. */
export class OpenDocuments {
  constructor(
    private readonly _shell: JupyterFrontEnd.IShell,
    private readonly _manager: IDocumentManager
  ) {}

  get contents(): Contents.IManager {
    return this._manager.services.contents;
  }

  /** Those that are loaded. */
  get contexts(): readonly Context[] {
    const found = new Set<Context>();
    for (const [context] of this._views()) {
      if (context.isReady && !context.isDisposed && this._isOurs(context)) {
        found.add(context);
      }
    }
    return [...found];
  }

  /** The widgets that show a document. */
  viewsOf(context: Context): readonly Widget[] {
    return [...this._views()].filter(([each]) => each === context).map(([, view]) => view);
  }

  /** Those with changes that are not on the disk. */
  get unsaved(): readonly Context[] {
    return this.contexts.filter(context => context.model.dirty);
  }

  private *_views(): Iterable<[Context, Widget]> {
    for (const area of AREAS) {
      for (const widget of this._shell.widgets(area)) {
        const context = this._manager.contextForWidget(widget);
        if (context) {
          yield [context, widget];
        }
      }
    }
  }

  private _isOurs(context: Context): boolean {
    return DRIVES.includes(this.contents.driveName(context.path));
  }
}
