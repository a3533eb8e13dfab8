/**
 * A section of the panel: a toolbar and a React view that knows whether anybody sees it.
 */
import { PanelWithToolbar, ReactWidget, type LabIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';
import type { ReactElement } from 'react';

import type { IRokModel } from '../tokens';

/** A React view that keeps the model awake while it is visible. */
export class WatchingView extends ReactWidget {
  constructor(
    private readonly _model: Pick<IRokModel, 'watch'>,
    private readonly _draw: () => ReactElement
  ) {
    super();
    this.addClass('jp-RokView');
  }

  override dispose(): void {
    this._watch?.dispose();
    super.dispose();
  }

  protected render(): ReactElement {
    return this._draw();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._watch ??= this._model.watch();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this.isVisible) {
      this._watch ??= this._model.watch();
    }
  }

  protected override onBeforeHide(msg: Message): void {
    this._rest();
    super.onBeforeHide(msg);
  }

  protected override onBeforeDetach(msg: Message): void {
    this._rest();
    super.onBeforeDetach(msg);
  }

  private _rest(): void {
    this._watch?.dispose();
    this._watch = undefined;
  }

  private _watch: IDisposable | undefined;
}

/** Make a section with a title, an icon and a view. */
export function makeSection(options: {
  readonly id: string;
  readonly title: string;
  readonly icon?: LabIcon;
  readonly view: WatchingView;
}): PanelWithToolbar {
  const section = new PanelWithToolbar();
  section.id = options.id;
  section.addClass('jp-RokSection');
  section.title.label = options.title;
  section.addWidget(options.view);
  return section;
}
