/**
 * The plugin of the panel's section Pipeline.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { createElement } from 'react';

import { IRokModel, IRokPanel } from '../tokens';
import { makeSection, WatchingView } from '../ui/section';
import { KaleView } from './kaleView';
import { OpenNotebook } from './openNotebook';

/** Adds the section Pipeline (rank 15) once a notebook with a pipeline is open. */
export const kalePlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:kale',
  description: 'Snapshots around the steps of Kale’s pipelines.',
  autoStart: true,
  requires: [IRokModel, IRokPanel],
  optional: [INotebookTracker, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    model: IRokModel,
    panel: IRokPanel,
    tracker: INotebookTracker | null,
    translator: ITranslator | null
  ) => {
    if (!tracker) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const notebook = new OpenNotebook(tracker, model.api);
    const watching = { watch: () => both(model.watch(), notebook.watch()) };
    const view = new WatchingView(watching, () => createElement(KaleView, { notebook, trans }));
    const section = makeSection({ id: 'rok-kale', title: trans.__('Pipeline'), view });
    // Who has no pipelines is not shown a section about them.
    const show = (): void => {
      if (notebook.isPipeline) {
        notebook.changed.disconnect(show);
        panel.addSection({ id: section.id, rank: 15, content: section, isCollapsed: true });
      }
    };
    notebook.changed.connect(show);
    show();
  }
};

function both(...parts: readonly IDisposable[]): IDisposable {
  return {
    get isDisposed() {
      return parts.every(part => part.isDisposed);
    },
    dispose: () => parts.forEach(part => part.dispose())
  };
}
