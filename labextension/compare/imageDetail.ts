/**
 * Two pictures side by side.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { IContents } from './contents';

/** Draws what there is of two pictures. A picture is shown as one only (`img`), so a script in an SVG doesn't run. */
export class ImageDetail extends Widget {
  constructor(contents: IContents, type: string, trans: TranslationBundle) {
    super();
    this.addClass('jp-RokImageDetail');
    this._add(contents.before, type, trans.__('Before'), trans);
    this._add(contents.after, type, trans.__('After'), trans);
  }

  override dispose(): void {
    this._addresses.forEach(address => URL.revokeObjectURL(address));
    super.dispose();
  }

  private _add(content: Blob | undefined, type: string, label: string, trans: TranslationBundle): void {
    const figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    caption.textContent = content ? label : `${label}: ${trans.__('not there')}`;
    figure.append(caption);
    if (content) {
      const address = URL.createObjectURL(new Blob([content], { type }));
      this._addresses.push(address);
      const image = document.createElement('img');
      image.alt = label;
      image.onload = () => {
        caption.textContent = trans.__('%1: %2 × %3 pixels', label, image.naturalWidth, image.naturalHeight);
      };
      image.onerror = () => {
        caption.textContent = trans.__('%1: no picture that this browser can show', label);
      };
      image.src = address;
      figure.append(image);
    }
    this.node.append(figure);
  }

  private readonly _addresses: string[] = [];
}
