/**
 * What differs inside of one entry, below a line that says which and what can be done.
 */
import { ReactWidget } from '@jupyterlab/apputils';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Panel, type Widget } from '@lumino/widgets';

import type { RokApi } from '../rest/api';
import { asRokError } from '../rest/error';
import { baseName, decodeName, formatVolumePath } from '../rest/names';
import type { EntryDifference } from '../rest/values';
import { Button } from '../ui/button';
import { EmptyNotice, ErrorNotice } from '../ui/notice';
import { changeMenu } from './changeMenu';
import type { Comparison } from './comparison';
import { decodeTexts, fetchContents } from './contents';
import { Facts } from './facts';
import { ImageDetail } from './imageDetail';
import { imageType, kindOf } from './kinds';
import type { INotebookDifference, INotebookTools } from './notebookDetail';
import { nameBriefly, nameChange } from './words';

/** What a detail is drawn with. */
export interface IDetailTools extends INotebookTools {
  readonly api: RokApi;
  readonly commands: CommandRegistry;
  readonly languages: IEditorLanguageRegistry | null;
  readonly trans: TranslationBundle;
}

/** Shows one entry of a comparison at a time. */
export class DetailPanel extends Panel {
  constructor(
    private readonly _comparison: Comparison,
    private readonly _tools: IDetailTools
  ) {
    super();
    this.addClass('jp-RokDetail');
    this.clear();
  }

  /** Show no entry. */
  clear(): void {
    const { trans } = this._tools;
    this._replace(
      ReactWidget.create(<EmptyNotice title={trans.__('Choose a change to see what differs in it.')} />)
    );
  }

  /** Say which entry is shown next, so that no button is one of the entry before. */
  announce(item: EntryDifference): void {
    this._abort?.abort();
    this._replace(this._head(item), this._say(this._tools.trans.__('Loading…')));
  }

  /** Show an entry; never rejects. */
  async show_(item: EntryDifference): Promise<void> {
    this.announce(item);
    const { signal } = (this._abort = new AbortController());
    const body = await this._draw(item, signal);
    if (signal.aborted || this.isDisposed) {
      body.dispose();
      return;
    }
    this._replace(this._head(item), body);
  }

  override dispose(): void {
    this._abort?.abort();
    super.dispose();
  }

  private async _draw(item: EntryDifference, signal: AbortSignal): Promise<Widget> {
    const { trans } = this._tools;
    try {
      const chosen = kindOf(item, trans);
      switch (chosen.kind) {
        case 'notebook':
          return await this._drawNotebook(item, signal);
        case 'image':
          return new ImageDetail(await this._contents(item, signal), imageType(item.path) ?? '', trans);
        case 'text':
          return await this._drawText(item, signal);
        case 'facts':
          return this._facts(item, chosen.reason);
      }
    } catch (error) {
      return ReactWidget.create(
        <>
          <ErrorNotice error={asRokError(error)} trans={trans} onRetry={() => void this.show_(item)} />
          <Facts item={item} trans={trans} />
        </>
      );
    }
  }

  private async _drawNotebook(item: EntryDifference, signal: AbortSignal): Promise<Widget> {
    const { api } = this._tools;
    const { before, against } = this._comparison;
    const [difference, { drawNotebook }] = await Promise.all([
      api.notebookDiff<INotebookDifference>(before.id, against, item, signal),
      import('./notebookDetail')
    ]);
    return drawNotebook(difference, this._tools);
  }

  private async _drawText(item: EntryDifference, signal: AbortSignal): Promise<Widget> {
    const { trans, languages } = this._tools;
    const texts = await decodeTexts(await this._contents(item, signal));
    if (texts === undefined) {
      return this._facts(
        item,
        trans.__('It is no text in UTF-8, so only its size, time and digest tell more.')
      );
    }
    const { TextDetail, languageOf } = await import('./textDetail');
    const [before, after] = texts;
    const { before: earlier, after: later } = this._comparison;
    const labels = { before: nameBriefly(earlier, trans), after: nameBriefly(later, trans) };
    return new TextDetail({ before, after }, labels, await languageOf(baseName(item.path), languages));
  }

  private _contents(item: EntryDifference, signal: AbortSignal): ReturnType<typeof fetchContents> {
    return fetchContents(this._tools.api, this._comparison, item, signal);
  }

  private _facts(item: EntryDifference, reason: string): Widget {
    const { trans } = this._tools;
    return ReactWidget.create(
      <>
        {reason && <EmptyNotice title={reason} />}
        <Facts item={item} trans={trans} />
      </>
    );
  }

  private _say(words: string): Widget {
    return ReactWidget.create(<p role="status">{words}</p>);
  }

  private _head(item: EntryDifference): Widget {
    const { commands, trans } = this._tools;
    const { before, after } = this._comparison;
    const entries = changeMenu(this._comparison, item).filter(entry => commands.hasCommand(entry.command));
    const states = `${nameBriefly(before, trans)} → ${nameBriefly(after, trans)}`;
    const head = ReactWidget.create(
      <>
        <h2 className="jp-RokDetail-name" title={decodeName(formatVolumePath(item))}>
          {baseName(item.path) || item.volume}
        </h2>
        <span className="jp-RokDetail-states">
          {nameChange(item.change, trans)}, {states}
        </span>
        <span className="jp-RokDetail-actions">
          {entries.map(({ command, args }) => (
            <Button
              key={command}
              label={commands.label(command, args)}
              caption={commands.caption(command, args)}
              onClick={() => void commands.execute(command, args)}
            />
          ))}
        </span>
      </>
    );
    head.addClass('jp-RokDetail-head');
    return head;
  }

  private _replace(...widgets: readonly Widget[]): void {
    [...this.widgets].forEach(widget => widget.dispose());
    widgets.forEach((widget, index) => {
      if (index === widgets.length - 1) {
        widget.addClass('jp-RokDetail-body');
      }
      this.addWidget(widget);
    });
  }

  private _abort: AbortController | undefined;
}
