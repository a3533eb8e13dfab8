/**
 * The question what to do about an unsaved document whose file was restored: a banner above the document.
 *
 * Not a dialog: that would take the keys from whoever is typing.
 */
import { MainAreaWidget, ReactWidget } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';
import { type ReactElement, useState } from 'react';

import { Button } from '../ui/button';
import { readable, written } from './content';
import { MergedTexts } from './mergedTexts';
import type { Context, OpenDocuments } from './openDocuments';
import type { Choice, IQuestion } from './refreshing';

/** Put the question above each view of a document. */
export function askConflict(context: Context, documents: OpenDocuments, trans: TranslationBundle): IQuestion {
  const answered = new PromiseDelegate<Choice>();
  const answer = (choice: Choice): void => answered.resolve(choice);
  const banners = documents.viewsOf(context).map(view => {
    const banner = new Banner(
      <Question context={context} contents={documents.contents} trans={trans} onAnswer={answer} />
    );
    if (view instanceof MainAreaWidget) {
      view.contentHeader.addWidget(banner);
    }
    return banner;
  });
  const takeBack = (): void => answer('later');
  context.disposed.connect(takeBack);
  void answered.promise.then(() => {
    context.disposed.disconnect(takeBack);
    banners.forEach(banner => banner.dispose());
  });
  return { answer: answered.promise, takeBack };
}

/** A banner that is as high as what it says: a document's header gives each widget its least height. */
class Banner extends ReactWidget {
  constructor(private readonly _question: ReactElement) {
    super();
    this.addClass('jp-RokConflict');
  }

  override dispose(): void {
    this._sizes.disconnect();
    super.dispose();
  }

  protected render(): ReactElement {
    return <div ref={body => body && this._sizes.observe(body)}>{this._question}</div>;
  }

  private readonly _sizes = new ResizeObserver(([{ target }]) => {
    this.node.style.minHeight = `${(target as HTMLElement).offsetHeight}px`;
    this.parent?.fit();
  });
}

function Question(props: {
  context: Context;
  contents: Contents.IManager;
  trans: TranslationBundle;
  onAnswer: (choice: Choice) => void;
}): JSX.Element {
  const { context, contents, trans, onAnswer } = props;
  const [shown, show] = useState(false);
  return (
    <div className="jp-RokConflict-body" role="alert">
      <p>
        <strong>{trans.__('This file was restored while it had unsaved changes.')}</strong>{' '}
        {trans.__('Nothing is saved until you choose; both versions are kept.')}
      </p>
      <div className="jp-RokConflict-buttons">
        <Button
          label={trans.__('Keep mine')}
          caption={trans.__('Save what is here over the restored file, which stays in the snapshot')}
          onClick={() => onAnswer('mine')}
        />
        <Button
          label={trans.__('Take the restored one')}
          caption={trans.__('Show the restored file here, and keep yours in a copy next to it')}
          onClick={() => onAnswer('restored')}
        />
        <Button
          label={shown ? trans.__('Hide the difference') : trans.__('Show the difference')}
          pressed={shown}
          onClick={() => show(!shown)}
        />
      </div>
      {shown && (
        <MergedTexts
          mine={readable(written(context))}
          restored={contents.get(context.path, { content: true }).then(file => readable(file))}
          trans={trans}
        />
      )}
    </div>
  );
}
