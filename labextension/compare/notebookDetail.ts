/**
 * The difference of two notebooks by nbdime's widgets: cells and outputs.
 *
 * Loaded when a notebook is compared first. Outputs are drawn as those of a notebook that nobody trusts, so no script in them runs.
 */
import type { IEditorServices } from '@jupyterlab/codeeditor';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { ITranslator } from '@jupyterlab/translation';
import { Panel } from '@lumino/widgets';
import type { IDiffEntry } from 'nbdime/lib/diff/diffentries';
import { NotebookDiffModel } from 'nbdime/lib/diff/model';
import { NotebookDiffWidget } from 'nbdime/lib/diff/widget';

import { distrustAlways } from './distrust';

import 'nbdime/lib/common/collapsible.css';
import 'nbdime/lib/styles/variables.css';
import 'nbdime/lib/styles/common.css';
import 'nbdime/lib/styles/diff.css';

/** What the server says of two notebooks. */
export interface INotebookDifference {
  readonly base: INotebookContent;
  readonly diff: IDiffEntry[];
  readonly before_missing: boolean;
  readonly after_missing: boolean;
}

/** What nbdime's widgets draw with. */
export interface INotebookTools {
  readonly rendermime: IRenderMimeRegistry;
  readonly editorServices: IEditorServices | null;
  readonly translator: ITranslator;
}

/** Draw a notebook's difference; the cells are added one by one, so that the first ones are there at once. */
export function drawNotebook({ base, diff }: INotebookDifference, tools: INotebookTools): Panel {
  const { rendermime, editorServices, translator } = tools;
  distrustAlways();
  const factory = editorServices?.factoryService;
  const widget = new NotebookDiffWidget({
    model: new NotebookDiffModel(base, diff),
    rendermime: rendermime.clone(),
    editorFactory: factory && (options => factory.newInlineEditor(options)),
    translator,
    collapseIdentical: true
  });
  const root = new Panel();
  root.addClass('nbdime-root');
  root.addClass('jp-RokNotebookDetail');
  root.addWidget(widget);
  void widget.init();
  return root;
}
