/**
 * What a document out of a snapshot looks like, whichever viewer shows it: its title says when, a banner says what can be done,
 * nothing can be typed or run.
 *
 * JupyterLab's own viewers make the documents, also when it restores its layout; so every viewer gets this as an extension.
 */
import { Dialog, MainAreaWidget, showDialog } from '@jupyterlab/apputils';
import type { DocumentRegistry, IDocumentWidget } from '@jupyterlab/docregistry';
import type { Notebook } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { DisposableDelegate, DisposableSet, type IDisposable } from '@lumino/disposable';

import { baseName } from '../rest/names';
import type { Snapshot } from '../rest/values';
import { formatDateTime, formatMoment } from '../ui/format';
import { type IStoredPath, parseContentsPath } from './address';
import { makeBanner } from './banner';
import type { SnapshotDrive } from './drive';

/** What dressing a document needs. */
export interface IWardrobe {
  readonly drive: SnapshotDrive;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

type Extension = DocumentRegistry.IWidgetExtension<IDocumentWidget, DocumentRegistry.IModel>;

/** Dress the documents of every viewer that the registry has or will have. */
export function dressAll(registry: DocumentRegistry, wardrobe: IWardrobe): IDisposable {
  const set = new DisposableSet();
  const extension: Extension = { createNew: (widget, context) => dress(widget, context, wardrobe) };
  const add = (name: string): void => {
    set.add(registry.addWidgetExtension(name, extension as never));
  };
  [...registry.widgetFactories()].forEach(factory => add(factory.name));
  const slot = (_: unknown, args: DocumentRegistry.IChangedArgs): void => {
    if (args.type === 'widgetFactory' && args.change === 'added' && args.name) {
      add(args.name);
    }
  };
  registry.changed.connect(slot);
  set.add(new DisposableDelegate(() => registry.changed.disconnect(slot)));
  return set;
}

/** Dress one document, if it is one of a snapshot. */
export function dress(
  widget: IDocumentWidget,
  context: DocumentRegistry.Context,
  wardrobe: IWardrobe
): IDisposable | void {
  const at = parseContentsPath(context.path);
  if (at === undefined) {
    return;
  }
  widget.addClass('jp-RokDocument');
  context.model.readOnly = true;
  context.sessionContext.kernelPreference = { shouldStart: false, canStart: false };
  keepClean(context);
  keepUntrusted(widget, wardrobe.trans);
  void context.ready.then(() => keepUnwritten(widget));
  const known = wardrobe.drive.snapshot(at.snapshot);
  known.then(
    snapshot => !widget.isDisposed && name(widget, at, snapshot, wardrobe.trans),
    () => undefined // the document itself fails to load, and says why
  );
  const banner = makeBanner(at, known, wardrobe);
  if (widget instanceof MainAreaWidget) {
    widget.contentHeader.addWidget(banner);
  }
  return banner;
}

/** Say in the tab which snapshot it is. */
function name(widget: IDocumentWidget, at: IStoredPath, snapshot: Snapshot, trans: TranslationBundle): void {
  const { title } = widget;
  // A document's new title renames its file, which a snapshot's never does.
  const rename = (widget as unknown as { _onTitleChanged?: () => void })._onTitleChanged;
  if (rename) {
    title.changed.disconnect(rename, widget);
  }
  const file = baseName(at.path);
  title.label = `${file} @ ${formatMoment(snapshot.created)}`;
  const caption = trans.__('%1 as it was on %2, read-only', file, formatDateTime(snapshot.created));
  const explain = (): void => {
    title.caption = caption;
  };
  explain();
  title.changed.connect(explain);
}

/** Make editors and cells read-only; nothing typed there could be saved. */
function keepUnwritten(widget: IDocumentWidget): void {
  const content = widget.content as unknown as Partial<Notebook> & {
    editor?: { setOption?: (option: string, value: unknown) => void };
  };
  content.editor?.setOption?.('readOnly', true);
  const lock = (): void => {
    content.widgets?.forEach(cell => {
      // Else the cell's metadata would say so too, and a cell that is pasted elsewhere would stay read-only.
      cell.syncEditable = false;
      cell.readOnly = true;
    });
  };
  lock();
  content.modelContentChanged?.connect(lock);
}

/** Viewers count some views as changes, and so does a document that can't be loaded; closing must not ask to save those. */
function keepClean({ model }: DocumentRegistry.Context): void {
  model.dirty = false;
  model.stateChanged.connect((_, change) => {
    if (change.name === 'dirty' && change.newValue) {
      model.dirty = false;
    }
  });
}

/** Pages out of a snapshot can't be trusted: their scripts would run with the user's rights. */
function keepUntrusted(widget: IDocumentWidget, trans: TranslationBundle): void {
  if (!('trustedChanged' in widget)) {
    return;
  }
  Object.defineProperty(widget, 'trusted', {
    get: () => false,
    set: (wanted: boolean) => {
      if (wanted) {
        void explainDistrust(trans);
      }
    }
  });
}

async function explainDistrust(trans: TranslationBundle): Promise<void> {
  await showDialog({
    title: trans.__('Scripts of a snapshot do not run'),
    body: trans.__(
      'Copy the page back next to the original, and trust the copy if you know where it comes from.'
    ),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
