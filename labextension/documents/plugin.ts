/**
 * The plugin that saves open documents when the server asks, and brings them up to date after a restore.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager, IDocumentWidgetOpener } from '@jupyterlab/docmanager';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';

import { asRokError } from '../rest/error';
import { IRokDocuments, IRokModel } from '../tokens';
import { askConflict } from './conflictBanner';
import { type Context, OpenDocuments } from './openDocuments';
import { type IConversation, Refreshing } from './refreshing';
import { SaveAnswers } from './saveAnswers';
import { SaveLines } from './saveLines';
import { Saving } from './saving';

/** How long a restore's own dialog waits for documents to be saved, in seconds. */
const PATIENCE = 20;

/** Provides `IRokDocuments`. */
export const documentsPlugin: JupyterFrontEndPlugin<IRokDocuments> = {
  id: 'rok-jupyter:documents',
  description: 'Saves open documents before snapshots and restores, and reloads them afterwards.',
  autoStart: true,
  requires: [IRokModel, IDocumentManager, IDocumentWidgetOpener],
  provides: IRokDocuments,
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    manager: IDocumentManager,
    opener: IDocumentWidgetOpener,
    translator: ITranslator | null
  ): IRokDocuments => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const documents = new OpenDocuments(app.shell, manager);
    const lines = new SaveLines(manager, opener);
    const saving = new Saving(documents, lines);
    const answers = new SaveAnswers(model.api, model.events, saving);
    new Refreshing(model, documents, lines, manager, conversation(documents, manager, trans));
    return {
      window: answers.window,
      unsaved: () => saving.unsaved.map(context => context.path),
      save: paths => saving.save(named(saving.unsaved, paths), PATIENCE)
    };
  }
};

function named(contexts: readonly Context[], paths: readonly string[]): readonly Context[] {
  return contexts.filter(context => paths.includes(context.path));
}

/** Ask above the document, tell in notifications that stay until they are closed. */
function conversation(
  documents: OpenDocuments,
  manager: IDocumentManager,
  trans: TranslationBundle
): IConversation {
  const name = (path: string): string => PathExt.basename(path);
  return {
    ask: context => {
      const question = askConflict(context, documents, trans);
      const text = trans.__(
        '“%1” was restored while it had unsaved changes: choose in its tab.',
        name(context.path)
      );
      const told = Notification.warning(text, {
        autoClose: false,
        actions: [{ label: trans.__('Show it'), callback: () => void manager.openOrReveal(context.path) }]
      });
      void question.answer.then(() => Notification.dismiss(told));
      return question;
    },
    tellGone: paths => {
      const names = paths.map(name).join(', ');
      Notification.info(
        trans.__('Gone from the disk, but still open: %1. Save a tab to bring its file back.', names),
        { autoClose: false }
      );
    },
    tellCopy: (path, copy) => {
      Notification.info(trans.__('Your unsaved version of “%1” is kept: %2', name(path), name(copy)), {
        autoClose: false,
        actions: [{ label: trans.__('Open it'), callback: () => void manager.openOrReveal(copy) }]
      });
    },
    tellFailed: (path, error) => {
      Notification.error(
        trans.__('“%1” may be out of date: %2 Reload it from disk.', name(path), asRokError(error).message),
        { autoClose: false }
      );
    }
  };
}
