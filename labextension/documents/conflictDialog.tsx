/**
 * The question what to do about an unsaved document whose file was restored.
 */
import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import { Button } from '../ui/button';
import { readable, written } from './content';
import { MergedTexts } from './mergedTexts';
import type { Context } from './openDocuments';
import type { Choice } from './refreshing';

/** Ask; closing the dialog leaves document and file as they are. */
export async function askConflict(
  context: Context,
  contents: Contents.IManager,
  trans: TranslationBundle
): Promise<Choice> {
  const dialog = new Dialog({
    title: trans.__('“%1” was restored while it had unsaved changes', context.localPath),
    body: ReactWidget.create(<Explanation context={context} contents={contents} trans={trans} />),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Decide later') }),
      Dialog.warnButton({ label: trans.__('Keep mine'), actions: ['mine' satisfies Choice] }),
      Dialog.okButton({ label: trans.__('Take the restored one'), actions: ['restored' satisfies Choice] })
    ]
  });
  dialog.addClass('jp-RokConflict');
  const closed = (): void => dialog.reject();
  context.disposed.connect(closed);
  const { button } = await dialog.launch();
  context.disposed.disconnect(closed);
  return (['mine', 'restored'] as const).find(choice => button.actions.includes(choice)) ?? 'later';
}

function Explanation(props: {
  context: Context;
  contents: Contents.IManager;
  trans: TranslationBundle;
}): JSX.Element {
  const { context, contents, trans } = props;
  const [shown, show] = useState(false);
  return (
    <div className="jp-RokConflict-body">
      <p>{trans.__('Both versions are kept, whatever you choose:')}</p>
      <ul>
        <li>
          {trans.__('Keep mine: saves the tab over the file. The restored version stays in the snapshot.')}
        </li>
        <li>
          {trans.__(
            'Take the restored one: the tab shows the restored file. Yours is saved as a copy next to it.'
          )}
        </li>
      </ul>
      <Button
        label={shown ? trans.__('Hide the difference') : trans.__('Show the difference')}
        pressed={shown}
        onClick={() => show(!shown)}
      />
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
