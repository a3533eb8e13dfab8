/**
 * JupyterLab's dialog around a change that is shown before it is made. The buttons are the body's own, since they say why they
 * can't be used.
 */
import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { ReactElement } from 'react';

/** Show a dialog; `draw` gets what closes it. Resolves once it is closed. */
export async function showChange(title: string, draw: (close: () => void) => ReactElement): Promise<void> {
  const body = ReactWidget.create(draw(() => dialog.reject()));
  body.addClass('jp-RokRestore-body');
  const dialog = new Dialog({ title, body, buttons: [], hasClose: true, focusNodeSelector: 'button, input' });
  dialog.addClass('jp-RokDialog');
  await dialog.launch();
}
