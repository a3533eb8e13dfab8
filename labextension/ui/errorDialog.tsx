/**
 * An error of something that the user asked for, where no view of ours can show it.
 */
import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { asRokError } from '../rest/error';
import { ErrorNotice } from './notice';

/** Say what failed (`title`), why, and what to do next; resolves once the user has read it. */
export async function showError(title: string, error: unknown, trans: TranslationBundle): Promise<void> {
  await showDialog({
    title,
    body: ReactWidget.create(<ErrorNotice error={asRokError(error)} trans={trans} />),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
